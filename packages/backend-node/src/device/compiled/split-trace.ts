import type { KernelOutput, Source, TracedKernel } from './kernel-trace';

/** What the kernels behind a boundary read of what was before it: results, and inputs. */
export type Saved = KernelOutput | { readonly input: number };

export interface SplitTrace {
  readonly ahead: readonly TracedKernel[];
  /** Of a graph of their own, whose inputs are dy and then what is saved, in its order. */
  readonly back: readonly TracedKernel[];
  readonly saved: readonly Saved[];
}

/**
 * Cuts the kernels of a forward pass and a backward pass into two graphs. As one, of which each run is given what it needs,
 * TensorFlow prepares all of it for either.
 *
 * @param boundary first kernel of the backward pass
 * @param dyInput number of the input that is dy
 */
export function splitAt(
  kernels: readonly TracedKernel[],
  boundary: number,
  dyInput: number,
): SplitTrace {
  const saved: Saved[] = [];
  const places = new Map<string, number>();
  const keep = (source: Saved): Source => {
    const key = 'kernel' in source ? `${source.kernel}:${source.output}` : `${source.input}`;
    // The first input is dy.
    const place = places.get(key) ?? saved.push(source);
    places.set(key, place);
    return { input: place };
  };
  const seenFromBehind = (source: Source): Source => {
    if ('constant' in source) return source;
    if ('input' in source) return source.input === dyInput ? { input: 0 } : keep(source);
    const { kernel, output } = source;
    return kernel < boundary ? keep(source) : { kernel: kernel - boundary, output };
  };
  const back = kernels
    .slice(boundary)
    .map((kernel) => ({ ...kernel, inputs: kernel.inputs.map(seenFromBehind) }));
  return { ahead: kernels.slice(0, boundary), back, saved };
}
