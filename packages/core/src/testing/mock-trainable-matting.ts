import * as tf from '@tensorflow/tfjs-core';
import { type MattingModel, type MattingTraining, SPEC_VERSION } from '../contracts';

/**
 * A matting model of thirteen weights that can be trained: two convolutions with a normalisation by running statistics in
 * between, whose start (what is bright is the person) is wrong about most pictures. For tests of training.
 *
 * ```ts
 * import { mockTrainableMatting } from '@latent-matte/core/testing';
 *
 * const model = mockTrainableMatting();
 * console.log(Object.keys(model.variables()).length); // 4: weights and biases of two convolutions
 * model.dispose();
 * ```
 *
 * @param options `needsTrimap`: default true
 */
export function mockTrainableMatting({
  name = 'mock-trainable',
  needsTrimap = true,
}: {
  name?: string;
  needsTrimap?: boolean;
} = {}): MattingModel & { train: MattingTraining; variables(): Record<string, tf.Variable> } {
  const variable = (values: number[], shape: number[], moves = true) => {
    const start = tf.tensor(values, shape);
    const made = tf.variable(start, moves);
    start.dispose();
    return made;
  };
  const variables = {
    'mix.weight': variable([1, 0.3, 1, -0.2, 1, 0.4], [1, 1, 3, 2]),
    'mix.bias': variable([-1.5, 0], [2]),
    'head.weight': variable([1, 0.1], [1, 1, 2, 1]),
    'head.bias': variable([0], [1]),
  };
  const state = { 'norm.running_mean': variable([0, 0], [2], false) };
  const prediction = (image: tf.Tensor4D, batch: boolean): tf.Tensor4D =>
    tf.tidy(() => {
      const mixed = tf.add(
        tf.conv2d(image, variables['mix.weight'] as unknown as tf.Tensor4D, 1, 'same'),
        variables['mix.bias'],
      );
      const running = state['norm.running_mean'];
      const mean = batch ? tf.mean(mixed, [0, 1, 2]) : running;
      if (batch) running.assign(tf.add(tf.mul(running, 0.9), tf.mul(mean, 0.1)));
      const y = tf.tanh(tf.sub(mixed, tf.mul(mean, 0.1))) as tf.Tensor4D;
      const head = variables['head.weight'] as unknown as tf.Tensor4D;
      const logits = tf.add(tf.conv2d(y, head, 1, 'same'), variables['head.bias']);
      return tf.sigmoid(tf.mul<tf.Tensor4D>(logits, 4));
    });
  const all = () => ({ ...variables, ...state });
  return {
    specVersion: SPEC_VERSION,
    license: 'MIT (no weights)',
    name,
    needsTrimap,
    differentiable: 'image',
    input: { multipleOf: 4, min: 16, max: 256 },
    variables: () => ({ ...variables }),
    alpha: ({ image, trimap }) =>
      tf.tidy(() => {
        const alpha = prediction(image, false);
        if (!needsTrimap || trimap === undefined) return alpha;
        const unknown = tf.cast(tf.equal(trimap, 0.5), 'float32');
        const foreground = tf.cast(tf.greater(trimap, 0.75), 'float32');
        return tf.add(tf.mul(alpha, unknown), foreground) as tf.Tensor4D;
      }),
    train: {
      normalization: 'batch',
      alpha: ({ image }, mode) => prediction(image, mode === 'batch'),
      state: () => ({ ...state }),
      weights: () =>
        Promise.all(
          Object.entries(all()).map(async ([key, value]) => ({
            name: key,
            shape: value.shape,
            data: (await value.data()).slice() as Float32Array,
          })),
        ),
    },
    dispose: () => tf.dispose(Object.values(all())),
  };
}
