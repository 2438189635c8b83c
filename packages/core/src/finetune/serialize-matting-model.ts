import type { MattingModel } from '../contracts';
import { serializeSafetensors } from '../weights/safetensors';
import { assertTrainable } from './trainable-model';

/**
 * The weights of a trainable matting model as a safetensors file that its loader reads:
 * `loadModel('compact-matting', { weights })`, or `latent-matte models add FILE --id NAME`.
 *
 * ```ts
 * import { writeFile } from 'node:fs/promises';
 * import { serializeMattingModel } from '@latent-matte/core/fine-tune';
 * import { loadModel } from '@latent-matte/models';
 *
 * const model = await loadModel('compact-matting', { trainable: true });
 * await writeFile('mine.safetensors', await serializeMattingModel(model));
 * ```
 *
 * @param metadata further strings to keep
 * @throws InvalidOptionError the model cannot be trained, and does not know its weights
 */
export async function serializeMattingModel(
  model: MattingModel,
  metadata: Readonly<Record<string, string>> = {},
): Promise<Uint8Array> {
  assertTrainable(model);
  const weights = await model.train.weights();
  return serializeSafetensors(
    weights.map(({ name, shape, data }) => [name, { dtype: 'F32', shape, data }] as const),
    { ...metadata, network: model.name },
  );
}
