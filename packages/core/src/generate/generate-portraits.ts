import { assertOptions } from '../assert-options';
import { AbortedError } from '../errors';
import { longCall } from '../long-call';
import { assertRange, type GenerateOptions } from './options';
import { PairGenerator } from './pair-generator';
import type { GeneratedPair } from './types';

/**
 * Makes portraits with pseudo ground truth, to train matting models with (Xu, Zhou, He, "Self-supervised
 * Matting-specific Portrait Enhancement and Generation", IEEE TIP 2022, section III-C): random latents give an initial
 * portrait; optimising them for the trimap model (L_em) and a matting model (L_ca) gives a version of it that is cut
 * out well; the alpha of that version is paired with the initial portrait.
 *
 * ```ts
 * import { useNodeBackend, writeImage } from '@latent-matte/backend-node';
 * import { generatePortraits } from '@latent-matte/backend-node/generate';
 *
 * await useNodeBackend();
 * const pairs = generatePortraits({ generator: 'compact-generator', count: 100, seed: 1 });
 * for await (const { index, image, gate } of pairs) {
 *   if (gate.accepted) await writeImage(`${index}.png`, image);
 *   else console.log(gate.reasons[0]?.message);
 * }
 * ```
 *
 * Pairs come in the order of their indices, rejected ones too. A pair depends on the options and its index alone, so a
 * run may be cut into ranges (`start`, `count`) at will. Stopping the iteration early frees everything.
 *
 * @throws InvalidOptionError a wrong option, or a generator without a mapping network
 * @throws UnknownModelError, WeightsError, ImageTooLargeError, ModelOutputError
 * @throws AbortedError `signal` fired
 */
export function generatePortraits(
  options: GenerateOptions,
): AsyncGenerator<GeneratedPair, void, void> {
  assertOptions(options, 'options');
  return longCall('generatePortraits', [options], () => pairsHere(options));
}

async function* pairsHere(options: GenerateOptions): AsyncGenerator<GeneratedPair, void, void> {
  const { count, start = 0, signal, onProgress, ...pairOptions } = options;
  assertRange(start, count);
  if (signal?.aborted) throw new AbortedError('Cancelled before the start.');
  const generator = await PairGenerator.create(pairOptions);
  const { steps } = generator.settings;
  const began = performance.now();
  const counts = { accepted: 0, rejected: 0 };
  const report = (indices: readonly number[], step: number): void => {
    const done = counts.accepted + counts.rejected;
    const elapsedSeconds = (performance.now() - began) / 1000;
    // In pairs; a pair in work counts as far as its steps go.
    const share = done + (indices.length * step) / Math.max(1, steps);
    const remainingSeconds =
      share === 0 ? Number.POSITIVE_INFINITY : (elapsedSeconds / share) * (count - share);
    onProgress?.({
      ...counts,
      done,
      count,
      indices,
      step,
      steps,
      elapsedSeconds,
      remainingSeconds,
    });
  };
  try {
    const end = start + count;
    for (let from = start; from < end; ) {
      // Batches begin at multiples of their size, wherever the range begins.
      const to = Math.min(end, (Math.floor(from / generator.batch) + 1) * generator.batch);
      const indices = Array.from({ length: to - from }, (_, i) => from + i);
      const pairs = await generator.generate(indices, {
        signal,
        onStep: ({ indices: inWork, step }) => report(inWork, step),
      });
      for (const pair of pairs) {
        counts[pair.gate.accepted ? 'accepted' : 'rejected']++;
        report([], 0);
        yield pair;
      }
      from = to;
    }
  } finally {
    generator.dispose();
  }
}
