import '@latent-matte/core/gradients';
import { createRandom } from '@latent-matte/core';
import type { WeightArchive } from '@latent-matte/core/checkpoints';
import { checkGradient } from '@latent-matte/core/testing';
import { createStyleGAN2Discriminator, createStyleGAN2Generator } from '@latent-matte/models';
import {
  CompactEncoder,
  discriminatorShapes,
  encoderShapes,
  generatorShapes,
} from '@latent-matte/models/internals';
import { eachBackend } from '@latent-matte/test-kit/each-backend';
import { archiveOf, randomArchive } from '@latent-matte/test-kit/random-archive';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import {
  grownDiscriminator,
  initialDiscriminator,
  judges,
  trainableDiscriminator,
  trainedDiscriminatorName,
  trainedDiscriminatorShapes,
} from './discriminator';
import { baseCode, codeOffsets } from './encoder';
import {
  drawNoise,
  initialGenerator,
  rearranged,
  trainableSynthesis,
  trainedShape,
  type Values,
  type Variables,
} from './synthesis';
import { filtered, trainableStyledConvolution } from './trainable-convolutions';

const tiny = {
  resolution: 32,
  channels: [6, 5, 4, 3],
  styleSize: 8,
  latentSize: 8,
  mappingLayers: 2,
};

function variablesOf(
  values: Values,
  shapes: Readonly<Record<string, readonly number[]>>,
): Variables {
  return Object.fromEntries(
    Object.entries(values).map(([name, data]) => [
      name,
      tf.variable(tf.tensor(data, [...shapes[name]])),
    ]),
  );
}

/** What the export writes, in float32. */
function canonicalArchive(
  values: Values,
  shapes: Readonly<Record<string, readonly number[]>>,
): WeightArchive {
  return archiveOf(
    Object.fromEntries(
      Object.entries(shapes).map(([name, shape]) => [
        name,
        [shape, Float32Array.from(rearranged(name, shape, values[name], 'canonical'))] as const,
      ]),
    ),
  );
}

const largest = (a: tf.Tensor, b: tf.Tensor) => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0];

eachBackend(() => {
  it('synthesizes what the generator makes of the same weights, at every level', () => {
    const values = initialGenerator(tiny, createRandom(1));
    // Fresh biases are zero: not a test of them.
    for (const [name, data] of Object.entries(values)) {
      if (name.endsWith('bias')) data.set(createRandom(2).fork(name).normals(data.length));
    }
    const canonical = generatorShapes(tiny);
    const trained = Object.fromEntries(
      Object.entries(canonical).map(([name, shape]) => [name, trainedShape(name, shape)]),
    );
    const variables = variablesOf(values, trained);
    const generator = createStyleGAN2Generator(canonicalArchive(values, canonical));
    tf.tidy(() => {
      const styles = tf.tensor3d(createRandom(4).normals(2 * 8 * 8), [2, 8, 8]);
      const noise = drawNoise(createRandom(5), 2, 4);
      const expected = generator.synthesize({ styles, noise });
      const image = trainableSynthesis(variables, styles, noise, 4);
      expect(largest(tf.mul(tf.add(image, 1), 0.5), expected)).toBeLessThan(2e-5);
      expect(trainableSynthesis(variables, styles, noise, 3).shape).toEqual([2, 16, 16, 3]);
    });
    generator.dispose();
    tf.dispose(variables);
  });
});

// At full size: too slow on the plain backend.
eachBackend(() => {
  it('judges as the discriminator of the same weights, grown or half grown', () => {
    const values = initialDiscriminator(createRandom(1));
    const variables = variablesOf(values, trainedDiscriminatorShapes());
    for (const side of [256, 64]) {
      const shapes = discriminatorShapes(grownDiscriminator(side));
      const shipped = Object.fromEntries(
        Object.keys(shapes).map((name) => [name, values[trainedDiscriminatorName(name, side)]]),
      );
      const judge = createStyleGAN2Discriminator(canonicalArchive(shipped, shapes));
      tf.tidy(() => {
        const shape = [1, side, side, 3] as [number, number, number, number];
        const image = tf.tensor4d(createRandom(2).normals(side * side * 3), shape);
        const seen = trainableDiscriminator(variables, image);
        const expected = judge.score(tf.mul(tf.add(image, 1), 0.5));
        expect(largest(seen, expected)).toBeLessThan(1e-3);
      });
      judge.dispose();
    }
    expect(judges('convs.5.skip.1.weight', 16)).toBe(true);
    expect(judges('convs.4.skip.1.weight', 16)).toBe(false);
    expect(judges('convs.0.0.weight', 128)).toBe(false);
    expect(judges('from_rgb.16.bias', 16)).toBe(true);
    tf.dispose(variables);
  });

  it('encodes as the encoder of the same weights', () => {
    const shapes = encoderShapes(14, 256);
    const archive = randomArchive(shapes);
    const values = Object.fromEntries(
      [...archive.tensors].map(([name, { bytes }]) => [
        name,
        new Float32Array(bytes.slice().buffer),
      ]),
    );
    const variables = variablesOf(values, shapes);
    const encoder = new CompactEncoder(archive, { name: 'test', license: 'MIT' });
    const image = tf.tensor4d(
      createRandom(2)
        .normals(128 * 128 * 3)
        .map((v) => v / 3),
      [1, 128, 128, 3],
    );
    const portrait = tf.tidy(() => tf.mul(tf.add(image, 1), 0.5) as tf.Tensor4D);
    const code = encoder.encode(portrait);
    tf.tidy(() => {
      const small = tf.avgPool(image, 4, 4, 'valid');
      const shared = tf.expandDims(baseCode(variables, small), 1);
      const expected = tf.add(shared, codeOffsets(variables, image, 14));
      const scale = tf.max(tf.abs(expected)).dataSync()[0];
      expect(largest(code.styles, expected) / scale).toBeLessThan(1e-4);
    });
    expect(code.noise.map(({ shape }) => shape[1])).toEqual([
      4, 8, 8, 16, 16, 32, 32, 64, 64, 128, 128, 256, 256,
    ]);
    tf.dispose([code.styles, ...code.noise, image, portrait, variables]);
    encoder.dispose();
  });
}, ['wasm']);

eachBackend(() => {
  it('has layouts of training that come back as they were', () => {
    for (const [name, shape] of Object.entries(generatorShapes(tiny))) {
      const values = createRandom(3).normals(shape.reduce((a, b) => a * b, 1));
      const trained = rearranged(name, shape, values, 'train');
      expect(trainedShape(name, shape).reduce((a, b) => a * b, 1)).toBe(values.length);
      expect(rearranged(name, shape, Float32Array.from(trained), 'canonical')).toEqual(values);
    }
  });
}, ['cpu']);

// Filter gradients of tfjs exist on the plain backend; training itself runs on the native one.
eachBackend(() => {
  const normal = (shape: number[], seed: number) =>
    tf.tensor(createRandom(seed).normals(shape.reduce((a, b) => a * b, 1)), shape);

  it.each(['same', 'up', 'down'] as const)(
    '%s convolutions have their gradients',
    async (sampling) => {
      const x = normal([2, 5, 5, 3], 1) as tf.Tensor4D;
      const filter = normal(sampling === 'up' ? [3, 3, 2, 3] : [3, 3, 3, 2], 2) as tf.Tensor4D;
      const { relativeError } = await checkGradient(
        (a, w) => filtered(a as tf.Tensor4D, w as tf.Tensor4D, sampling),
        [x, filter],
        { epsilon: 1e-2 },
      );
      expect(relativeError).toBeLessThan(5e-3);
      tf.dispose([x, filter]);
    },
  );

  it.each([false, true])('styled convolutions have their gradients (up: %s)', async (up) => {
    const side = up ? 8 : 4;
    const inputs = [
      normal([2, 4, 4, 3], 1),
      normal([2, 3], 2),
      normal([2, side, side, 1], 3),
      normal(up ? [3, 3, 2, 3] : [3, 3, 3, 2], 4),
      normal([2], 5),
      normal([1], 6),
    ];
    const { relativeError } = await checkGradient(
      (x, style, noise, filter, bias, strength) =>
        trainableStyledConvolution(
          x as tf.Tensor4D,
          style as tf.Tensor2D,
          noise as tf.Tensor4D,
          { filter: filter as tf.Tensor4D, bias, strength },
          up,
        ),
      inputs,
      { epsilon: 1e-3 },
    );
    expect(relativeError).toBeLessThan(2e-2);
    tf.dispose(inputs);
  });
}, ['cpu']);
