import type { MattingModel } from '../contracts';
import { drainSteps } from '../drain-steps';
import { fineTuneSteps } from './fine-tune-steps';
import type { FineTuning } from './fine-tuning';
import type { FineTuneOptions } from './options';

/**
 * Trains a matting model on generated pairs (paper III-C, IV-E), mixed with real ones. The model changes in place: at
 * the end it holds the weights that did best on `validation`, which may be those it began with.
 *
 * ```ts
 * import { writeFile } from 'node:fs/promises';
 * import { fineTune, serializeMattingModel } from '@latent-matte/core/fine-tune';
 * import { loadModel } from '@latent-matte/models';
 *
 * const model = await loadModel('compact-matting', { trainable: true });
 * const { before, after } = await fineTune(model, { pairs, real, validation });
 * await writeFile('tuned.safetensors', await serializeMattingModel(model));
 * ```
 *
 * Each update sees examples that are made on the fly: a window around the unknown region (or the whole portrait), turned,
 * mirrored, recoloured, laid over another background, blurred, compressed. The loss is that of Deep Image Matting with a
 * gradient term (see `MattingLossWeights`). What is validated and kept is a moving average of the weights
 * (`averageDecay`).
 *
 * @param model one with `variables` and `train`; it stays the caller's
 * @throws InvalidOptionError a model that cannot be trained, an option out of range, or a checkpoint of another training
 * @throws DatasetError no pairs
 * @throws InvalidImageError, ImageTooSmallError naming the pair that cannot be used
 * @throws ModelOutputError alpha of the wrong shape
 * @throws TrainingError the loss is no number any more, and at which step; the model holds the best weights
 * @throws WeightFormatError a damaged checkpoint
 * @throws AbortedError when `options.signal` fires; its `best` is a `FineTuning`, and the model holds the best weights
 */
export async function fineTune(model: MattingModel, options: FineTuneOptions): Promise<FineTuning> {
  return await drainSteps(fineTuneSteps(model, options), options.onProgress);
}
