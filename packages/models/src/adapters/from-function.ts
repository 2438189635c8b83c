import { InvalidOptionError } from '@latent-matte/core';
import { assertOptionsOf, said } from '@latent-matte/core/internal';
import type * as tf from '@tensorflow/tfjs-core';
import { type AdaptedModel, adapt } from './adapt';
import type { AdapterDescription } from './description';

/**
 * A network as a plain function: the picture, prepared as the description says, and the trimap where that is an
 * input of its own → the raw answer. It may make as many tensors as it likes; they are freed.
 */
export type NetworkFunction = (image: tf.Tensor4D, trimap?: tf.Tensor4D) => tf.Tensor;

/**
 * Makes a matting or trimap model of any function. With `differentiable: 'none'` the function may do what it likes
 * inside, for instance ask another library (through `dataSync`); otherwise it must stay within operations of tfjs.
 *
 * ```ts
 * import { cutOut, registerMattingModel, useNodeBackend } from '@latent-matte/backend-node';
 * import { fromFunction } from '@latent-matte/backend-node/models';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * await useNodeBackend();
 * // Whatever is bright is the person.
 * registerMattingModel('bright', () =>
 *   fromFunction((image) => tf.mean(image, 3, true), {
 *     kind: 'matting',
 *     name: 'bright',
 *     license: 'MIT',
 *     differentiable: 'image',
 *     input: { range: [0, 1] },
 *     output: { range: [0, 1] },
 *   }),
 * );
 * const person = await cutOut('photo.jpg', { model: 'bright' });
 * ```
 *
 * @param network not kept alive by anything else: what it closes over is freed by `dispose`, if given
 * @param options `dispose` is called once, with the model's
 * @throws InvalidOptionError a description with a value out of range
 */
export function fromFunction<D extends AdapterDescription>(
  network: NetworkFunction,
  description: D,
  options: { dispose?: () => void } = {},
): AdaptedModel<D> {
  assertOptionsOf<{ dispose?: () => void }>('fromFunction', options, {
    dispose: { is: 'callback' },
  });
  const { dispose } = options;
  if (typeof network !== 'function') {
    throw new InvalidOptionError(
      `The network is ${said(network)}.`,
      'Pass a function of the picture as the first argument, and its description as the second.',
    );
  }
  return adapt({ run: ({ image, trimap }) => network(image, trimap), dispose }, description);
}
