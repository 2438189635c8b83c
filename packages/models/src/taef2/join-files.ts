import { WeightsError } from '@latent-matte/core';
import type { WeightArchive, WeightTensor } from '@latent-matte/core/checkpoints';

/** The last layer of each, by which the two files are told apart: their names overlap. */
const LAST = { encoder: '14.weight', decoder: '19.weight' } as const;

/**
 * One archive of the two files of TAEF2, with `encoder.` and `decoder.` before their names. A single archive of both is
 * taken as it is.
 *
 * @throws WeightsError a file that is neither beside another, or the same one twice
 */
export function joinTaef2Files(archives: readonly WeightArchive[]): WeightArchive {
  const [only] = archives;
  if (archives.length === 1 && only !== undefined && partOf(only) === undefined) return only;
  const tensors = new Map<string, WeightTensor>();
  for (const archive of archives) {
    const part = partOf(archive);
    if (part === undefined) {
      throw new WeightsError(
        'A file given for TAEF2 has neither the last layer of its encoder nor that of its decoder.',
        'Give taef2_encoder.pth and taef2_decoder.pth of madebyollin/taesd.',
      );
    }
    if (tensors.has(`${part}.${LAST[part]}`)) {
      throw new WeightsError(
        `TAEF2 got its ${part} twice.`,
        'Give taef2_encoder.pth and taef2_decoder.pth.',
      );
    }
    for (const [name, tensor] of archive.tensors) tensors.set(`${part}.${name}`, tensor);
  }
  return { tensors };
}

function partOf({ tensors }: WeightArchive): keyof typeof LAST | undefined {
  if (tensors.has(LAST.decoder)) return 'decoder';
  return tensors.has(LAST.encoder) ? 'encoder' : undefined;
}
