import { AbortedError } from '@latent-matte/core';
import { interruptWhen } from '@latent-matte/core/internal';
import { eachBackend } from '@latent-matte/test-kit/each-backend';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, expect, it, vi } from 'vitest';
import { fromOnnx } from '../from-onnx';
import { writeOnnx } from './write-onnx';

afterEach(() => {
  interruptWhen(() => false);
  vi.useRealTimers();
});

eachBackend(() => {
  it('ends between two nodes when the thread should have stopped, and frees what was made', () => {
    const names = Array.from({ length: 9 }, (_, i) => `v${i}`);
    const model = fromOnnx(
      writeOnnx({
        nodes: [
          { op: 'Conv', inputs: ['x', 'w'], outputs: ['v0'] },
          ...names.slice(1).map((name, i) => ({ op: 'Relu', inputs: [`v${i}`], outputs: [name] })),
        ],
        weights: [{ name: 'w', dims: [1, 3, 1, 1], raw: new Uint8Array(12) }],
        inputs: { x: [1, 3, 32, 32] },
        outputs: ['v8'],
      }),
      { kind: 'matting', name: 'long' },
    );
    const image = tf.ones([1, 32, 32, 3]) as tf.Tensor4D;
    const before = tf.memory().numTensors;
    vi.useFakeTimers({ toFake: ['performance'] });
    let nodes = 0;
    // A node takes a second.
    interruptWhen(() => {
      nodes++;
      vi.advanceTimersByTime(1000);
      return true;
    });
    expect(() => model.alpha({ image })).toThrow(AbortedError);
    expect(nodes).toBe(3);
    expect(tf.memory().numTensors).toBe(before);
    interruptWhen(() => false);
    tf.tidy(() => {
      expect(model.alpha({ image }).shape).toEqual([1, 32, 32, 1]);
    });
    model.dispose();
    image.dispose();
  });
});
