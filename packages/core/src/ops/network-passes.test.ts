import { eachBackend } from '@latent-matte/test-kit/each-backend';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, expect, it, vi } from 'vitest';
import { manyTimes, NetworkPasses, type PassCompiler, setPassCompiler } from './network-passes';

/** x² + c, which says of each run how it was run. */
function squares() {
  const runs = vi.fn(([x, c]: readonly tf.Tensor[]) => [tf.add(tf.mul(x, x), c)]);
  return { runs, c: tf.scalar(1) };
}

/** "Compiles" x² + c as 3x² + c, so that one sees what was run. */
function tripling(always = false) {
  const disposed = vi.fn();
  const pass = vi.fn<PassCompiler['pass']>(() => ({
    run: ([x, c]) => [tf.tidy(() => tf.add(tf.mul(3, tf.square(x)), c))],
    dispose: disposed,
  }));
  const gradient = vi.fn<PassCompiler['gradient']>(() => ({
    forward: ([x, c]) => ({ value: tf.add(tf.mul(3, tf.square(x)), c), saved: [x] }),
    backward: (dy, [x]) => [tf.mul(dy, tf.mul(6, x))],
    dispose: disposed,
  }));
  return { always, pass, gradient, disposed };
}

const of = (tensors: tf.Tensor[]) => tensors[0].dataSync()[0];

eachBackend((backend) => {
  afterEach(() => setPassCompiler(backend, undefined));

  it('a pass is compiled where it is asked many times, or always, and else is not', () => {
    const compiler = tripling();
    const { runs, c } = squares();
    const passes = new NetworkPasses();
    const x = tf.scalar(2);
    const ask = () => of(passes.ask('square', runs, [x], [c]));
    expect(ask()).toBe(5);
    setPassCompiler(backend, compiler);
    expect(ask()).toBe(5);
    expect(manyTimes('value', ask)).toBe(13);
    expect(ask()).toBe(5);
    setPassCompiler(backend, { ...compiler, always: true });
    expect(ask()).toBe(13);
    setPassCompiler('another', compiler);
    setPassCompiler(backend, undefined);
    expect(manyTimes('value', ask)).toBe(5);
    setPassCompiler('another', undefined);
    expect(compiler.pass).toHaveBeenCalledTimes(1);
    tf.dispose([x, c]);
  });

  it('what throws leaves the scope', () => {
    setPassCompiler(backend, tripling());
    const { runs, c } = squares();
    const x = tf.scalar(2);
    const failing = () => {
      throw new Error('on purpose');
    };
    expect(() => manyTimes('value', failing)).toThrow('on purpose');
    expect(of(new NetworkPasses().ask('square', runs, [x], [c]))).toBe(5);
    tf.dispose([x, c]);
  });

  it('gradients go through the compiled one, and a gradient of a gradient through the operations', () => {
    const compiler = tripling();
    setPassCompiler(backend, compiler);
    const { runs, c } = squares();
    const passes = new NetworkPasses();
    const f = (x: tf.Tensor) =>
      manyTimes('gradient', () => passes.ask('square', runs, [x], [c])[0]);
    const x = tf.scalar(2);
    const before = tf.memory().numTensors;
    expect(of([tf.tidy(() => tf.grad(f)(x))])).toBe(12);
    // Asked for with a gradient: its value is that of the same pass.
    expect(of([tf.tidy(() => f(x))])).toBe(13);
    expect(of([tf.tidy(() => tf.grad(tf.grad(f))(x))])).toBe(2);
    expect(compiler.gradient).toHaveBeenCalledTimes(1);
    expect(compiler.gradient.mock.calls[0][2]).toBe(1);
    expect(compiler.pass).not.toHaveBeenCalled();
    // Three results above.
    expect(tf.memory().numTensors).toBe(before + 3);
  });

  it('where no one takes a gradient none is compiled', () => {
    const compiler = tripling();
    setPassCompiler(backend, compiler);
    const { runs, c } = squares();
    const x = tf.scalar(2);
    expect(
      of(manyTimes('gradient', () => new NetworkPasses().ask('square', runs, [], [x, c]))),
    ).toBe(13);
    expect(compiler.gradient).not.toHaveBeenCalled();
    tf.dispose([x, c]);
  });

  it('each question and each shape has its own, the last six are kept, and all are freed', () => {
    const compiler = tripling(true);
    setPassCompiler(backend, compiler);
    const { runs, c } = squares();
    const passes = new NetworkPasses();
    const ask = (question: string, size: number) =>
      tf.tidy(() => void passes.ask(question, runs, [tf.ones([size])], [c]));
    for (const size of [1, 2, 3, 4, 5, 6, 1]) ask('a', size);
    expect(compiler.pass).toHaveBeenCalledTimes(6);
    ask('b', 1);
    expect(compiler.disposed).toHaveBeenCalledTimes(1);
    ask('a', 1);
    expect(compiler.pass).toHaveBeenCalledTimes(7);
    // Not used for longest.
    ask('a', 2);
    expect(compiler.pass).toHaveBeenCalledTimes(8);
    passes.dispose();
    expect(compiler.disposed).toHaveBeenCalledTimes(8);
    ask('a', 1);
    expect(compiler.pass).toHaveBeenCalledTimes(9);
    passes.dispose();
    c.dispose();
  });

  it('what cannot be compiled is tried once, and run as it is', () => {
    const compiler = { ...tripling(true), pass: vi.fn(() => undefined) };
    setPassCompiler(backend, compiler);
    const { runs, c } = squares();
    const passes = new NetworkPasses();
    const x = tf.scalar(2);
    for (let i = 0; i < 3; i++) expect(of(passes.ask('square', runs, [x], [c]))).toBe(5);
    expect(compiler.pass).toHaveBeenCalledTimes(1);
    tf.dispose([x, c]);
  });

  it('a pass within one that is being compiled is part of it', () => {
    const inner = new NetworkPasses();
    const compiler = {
      ...tripling(true),
      pass: vi.fn<PassCompiler['pass']>((run, inputs) => {
        const [value] = run(inputs);
        return { run: () => [tf.clone(value)], dispose: () => value.dispose() };
      }),
    };
    setPassCompiler(backend, compiler);
    const { runs, c } = squares();
    const outer = new NetworkPasses();
    const x = tf.scalar(2);
    expect(of(outer.ask('outer', (given) => inner.ask('square', runs, given), [x, c]))).toBe(5);
    expect(compiler.pass).toHaveBeenCalledTimes(1);
    outer.dispose();
    tf.dispose([x, c]);
  });
});
