import { everyBackend } from '@latent-matte/test-kit/every-backend';
import { hashValues } from '@latent-matte/test-kit/hash-values';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { Adam } from '../../optimizer/adam';
import { reflectPad, replicatePad } from '../border-padding';
import { boxFilter } from '../box-filter';
import { convolution } from '../convolution';
import { depthwiseConvolution } from '../depthwise-convolution';
import { enlargedSum } from '../enlarged-sum';
import { gradientsOf } from '../gradients-of';
import { layeredPicture } from '../layered-picture';
import type { PictureLayers } from '../picture-layers';
import { adaptiveAveragePool, averagePool } from '../pooling';
import { resize } from '../resize';
import { type ExcitationWeights, excitedSum, squeezeExcitation } from '../squeeze-excitation';
import { sumOfMaps, sumsInOne } from '../sum-of-maps';
import { elementwise } from './elementwise';
import { sumOf } from './sum-of';

/** Around 0 and up to ±6, so that every piece of an activation is met. */
const map = (name: string, shape: [number, number, number, number]): tf.Tensor4D =>
  tf.tensor4d(
    Float32Array.from(hashValues(`shaders:${name}`, tf.util.sizeFromShape(shape)), (v) => 6 * v),
    shape,
  );

type Work = (x: tf.Tensor4D) => tf.Tensor4D;

/** y, and its gradient for a slope that differs from place to place. */
async function valueAndGradient(work: Work, shape: [number, number, number, number]) {
  const x = map('x', shape);
  const y = tf.tidy(() => work(x));
  const slope = map('dy', y.shape);
  const [dx] = gradientsOf((given) => tf.sum(tf.mul(work(given as tf.Tensor4D), slope)), [x]);
  const found = { y: await y.data(), dx: await dx!.data() };
  tf.dispose([x, y, slope, dx!]);
  return found;
}

/** Weights outlive the forward pass, as those of a network do. */
const kept = new Map<string, { filter: tf.Tensor4D; bias: tf.Tensor1D }>();
function filter(shape: [number, number, number, number]) {
  const found = kept.get(`${shape}`) ?? {
    filter: tf.keep(map('filter', shape)),
    bias: tf.keep(tf.tensor1d(hashValues('shaders:bias', shape[3] === 1 ? shape[2] : shape[3]))),
  };
  kept.set(`${shape}`, found);
  return found;
}

const excitation = (channels: number) => ({
  squeeze: filter([1, 1, channels, 5]),
  excite: filter([1, 1, 5, channels]),
});

function excitedByTfjs(x: tf.Tensor4D, z: tf.Tensor4D, weights: ExcitationWeights): tf.Tensor4D {
  const { squeeze, excite } = weights;
  const hidden = convolution(adaptiveAveragePool(z, [1, 1]), squeeze, { activation: 'relu' });
  return tf.mul(x, tf.sigmoid(convolution(hidden, excite)));
}

/** Half of the places do not change. */
let keptLayers: PictureLayers | undefined;
function layers(): PictureLayers {
  const part = (name: string, channels: number): tf.Tensor4D =>
    tf.tidy(() => tf.keep(tf.relu(map(name, [1, 23, 17, channels]))));
  keptLayers ??= {
    image: part('image', 3),
    alpha: part('alpha', 1),
    foreground: part('foreground', 3),
    background: part('background', 3),
    band: part('band', 1),
  };
  return keptLayers;
}

const relu6 = (x: tf.Tensor4D): tf.Tensor4D => tf.clipByValue(x, 0, 6);

const works: Readonly<Record<string, Work>> = {
  'enlarge bilinearly': (x) => resize(x, [2 * x.shape[1], 3 * x.shape[2]]),
  'shrink bicubically': (x) => resize(x, [4, 5], 'bicubic'),
  'shrink by area': (x) => resize(x, [3, 4], 'area'),
  'keep one axis': (x) => resize(x, [x.shape[1], 13], 'lanczos4'),
  'a wide box': (x) => boxFilter(x, 31),
  reflect: (x) => reflectPad(x, [1, 2, 3, 0]),
  replicate: (x) => replicatePad(x, [0, 5, 2, 0]),
  'pool to one': (x) => adaptiveAveragePool(x, [1, 1]),
  'pool with padding': (x) => averagePool(x, { size: 3, stride: 2, padding: 1 }),
  'weights of channels': (x) => tf.mul(x, tf.sigmoid(adaptiveAveragePool(x, [1, 1]))),
  'convolution, relu6': (x) =>
    convolution(x, filter([3, 3, x.shape[3], 4]), { activation: 'relu6', dilation: 2 }),
  'depthwise, relu': (x) =>
    depthwiseConvolution(x, filter([3, 3, x.shape[3], 1]), { activation: 'relu', dilation: 2 }),
  'depthwise at stride 2, relu6': (x) =>
    depthwiseConvolution(x, filter([5, 3, x.shape[3], 1]), {
      activation: 'relu6',
      stride: 2,
      padding: [1, 2, 0, 1],
    }),
  'depthwise, linear': (x) => depthwiseConvolution(x, filter([3, 3, x.shape[3], 1])),
  'activations whose slope is taken along': (x) => {
    const c = x.shape[3];
    const relu = convolution(x, filter([1, 1, c, c]), { activation: 'relu' });
    const relu6 = convolution(x, filter([1, 1, c, c]), { activation: 'relu6' });
    const weights = excitation(c);
    const excited = squeezeExcitation(relu6, relu6, weights);
    // The first map has two readers, of which one takes its slope along.
    return tf.add(
      tf.mul(depthwiseConvolution(relu, filter([3, 3, c, 1]), { activation: 'relu6' }), relu),
      excited ?? excitedByTfjs(relu6, relu6, weights),
    );
  },
  'squeeze and excitation': (x) => {
    const weights = excitation(x.shape[3]);
    return squeezeExcitation(x, x, weights) ?? excitedByTfjs(x, x, weights);
  },
  'squeeze and excitation by another map': (x) => {
    const [z, weights] = [tf.tanh(x), excitation(x.shape[3])];
    return squeezeExcitation(x, z, weights) ?? excitedByTfjs(x, z, weights);
  },
  'an excited sum': (x) => {
    const [y, weights] = [tf.tanh(x), excitation(x.shape[3])];
    return (
      excitedSum(x, y, weights) ?? tf.add(excitedByTfjs(x, tf.add<tf.Tensor4D>(x, y), weights), y)
    );
  },
  'a sum of maps, relu6': (x) => {
    const maps = [x, tf.tanh(x), tf.square(x)];
    return sumsInOne() ? sumOfMaps(maps, 'relu6') : relu6(tf.addN(maps));
  },
  clip: (x) => tf.clipByValue(x, -2, 3),
  'an enlarged sum': (x) =>
    enlargedSum(x, tf.tanh(resize(x, [2 * x.shape[1], 3 * x.shape[2]], 'nearest'))),
  'a layered picture': (x) => {
    const grid = tf.slice(tf.tile(x, [1, 1, 1, 4]), 0, [...x.shape.slice(0, 3), 12] as never);
    return layeredPicture(grid as tf.Tensor4D, layers(), 90);
  },
  'slopes of tfjs': (x) =>
    tf.add(tf.square(tf.tanh(x)), tf.mul(tf.relu(x), tf.mean(tf.sigmoid(x), [1, 2], true))),
  'sums over one of five axes': (x) => {
    const [n, h, w, c] = x.shape;
    return tf.add(x, tf.sum(tf.square(tf.reshape(x, [n, h, 1, w, c])), 2)) as tf.Tensor4D;
  },
  'sums of all': (x) => tf.mul(x, tf.add(tf.mean(x), tf.sum(x, [0, 3], true))),
};

/** With channels in fours, and without. */
const shapes: [number, number, number, number][] = [
  [2, 9, 11, 8],
  [1, 9, 11, 3],
];

const reference = new Map<string, Awaited<ReturnType<typeof valueAndGradient>>>();

everyBackend(
  (backend) => {
    describe.each(shapes)('of a map %i×%i×%i×%i', (...shape) => {
      it.each(Object.keys(works))('%s: value and gradient as on the processor', async (name) => {
        const found = await valueAndGradient(works[name]!, shape);
        const key = `${name} ${shape}`;
        if (backend === 'cpu') reference.set(key, found);
        const expected = reference.get(key)!;
        for (const part of ['y', 'dx'] as const) {
          expect(found[part]).toHaveLength(expected[part].length);
          const scale = Math.max(...expected[part].map(Math.abs));
          const worst = Math.max(
            ...found[part].map((value, i) => Math.abs(value - expected[part][i]!)),
          );
          expect(worst / scale, part).toBeLessThan(2e-5);
          expect(scale).toBeGreaterThan(0.01);
        }
      });
    });

    it.each(['element', 'tensor'] as const)(
      'Adam, one second moment for each %s',
      async (adaptivity) => {
        const adam = new Adam({ learningRate: 0.1, adaptivity });
        let x = [map('x', [1, 3, 4, 4]), map('dy', [1, 1, 3, 1])] as tf.Tensor[];
        for (let step = 1; step <= 3; step++) {
          const gradients = x.map((tensor) => tf.mul(tensor, step));
          const next = adam.step(x, gradients);
          tf.dispose([...x, ...gradients]);
          x = next;
        }
        const found = [...(await x[0]!.data()), ...(await x[1]!.data())];
        tf.dispose(x);
        adam.dispose();
        const key = `adam ${adaptivity}`;
        if (backend === 'cpu') adamReference.set(key, found);
        const expected = adamReference.get(key)!;
        expect(Math.max(...found.map((v, i) => Math.abs(v - expected[i]!)))).toBeLessThan(2e-6);
      },
    );

    it('leaves what has no shader to tfjs', () => {
      const one = tf.scalar(1);
      const found = elementwise({ name: 'twice', wgsl: 'a * T(2.0)' }, [one]);
      expect(found === undefined).toBe(backend !== 'webgpu');
      tf.dispose([one, ...(found ? [found] : [])]);
    });
  },
  ['cpu', 'webgpu'],
);

everyBackend(() => {
  it('a formula is summed over all places', async () => {
    const [a, b] = [map('a', [2, 9, 11, 3]), map('b', [2, 9, 11, 1])];
    const sum = sumOf({ name: 'tested', wgsl: 'a * a * b' }, [a, b], 0.5);
    const expected = tf.tidy(() => tf.mul(tf.sum(tf.mul(tf.square(a), b)), 0.5));
    const [[found], [sure]] = [await sum!.data(), await expected.data()];
    expect(Math.abs(found! - sure!)).toBeLessThan(1e-5 * Math.abs(sure!) + 1e-2);
    tf.dispose([a, b, sum!, expected]);
  });
}, ['webgpu']);

const adamReference = new Map<string, number[]>();
