import { createRandom, type NamedWeights } from '@latent-matte/core';
import type { WeightArchive, WeightTensor } from '@latent-matte/core/checkpoints';

/** An archive of float32 tensors. */
export function archiveOf(
  tensors: Readonly<Record<string, readonly [shape: readonly number[], values: Float32Array]>>,
): WeightArchive {
  return {
    tensors: new Map(
      Object.entries(tensors).map(([name, [shape, values]]): [string, WeightTensor] => [
        name,
        { dtype: 'F32', shape, bytes: new Uint8Array(values.buffer) },
      ]),
    ),
  };
}

/** What a trained model gives as an archive. */
export const archiveOfWeights = (weights: readonly NamedWeights[]): WeightArchive =>
  archiveOf(Object.fromEntries(weights.map(({ name, shape, data }) => [name, [shape, data]])));

/**
 * Random weights under the names and shapes of a checkpoint, such that activations neither vanish nor explode:
 * weights of variance 2 / fan-in, normalisations near the identity.
 */
export function randomArchive(
  shapes: Readonly<Record<string, readonly number[]>>,
  seed = 1,
): WeightArchive {
  const random = createRandom(seed);
  return archiveOf(
    Object.fromEntries(
      Object.entries(shapes).map(([name, shape]) => {
        const size = shape.reduce((a, b) => a * b, 1);
        const fanIn = shape.slice(1).reduce((a, b) => a * b, 1);
        const values = random.fork(name).normals(size);
        const vector = shape.length === 1;
        const scale = vector ? 0.1 : Math.sqrt(2 / fanIn);
        const offset = vector && /weight$|running_var$/.test(name) ? 1 : 0;
        for (let i = 0; i < size; i++) values[i] = values[i] * scale + offset;
        return [name, [shape, values] as const];
      }),
    ),
  );
}

const EXPECTED =
  /"([^"]+)" (?:is missing \(|has shape \[[^\]]*\], )expected (?:shape )?\[([\d, ]*)\]/g;

/**
 * Names and shapes of the tensors a network wants, read from the error it throws for an empty file, so that the error
 * is tested too.
 *
 * @param create makes the network from an archive
 * @param hints tensors by which the network tells its variants apart
 */
export function wantedShapes(
  create: (archive: WeightArchive) => unknown,
  hints: Readonly<Record<string, readonly number[]>> = {},
): Record<string, readonly number[]> {
  const shapes: Record<string, readonly number[]> = { ...hints };
  try {
    create(randomArchive(hints));
  } catch (error) {
    for (const [, name, shape] of (error as Error).message.matchAll(EXPECTED)) {
      shapes[name] = shape === '' ? [] : shape.split(', ').map(Number);
    }
  }
  return shapes;
}

/** A random checkpoint with exactly the tensors a network wants: {@link wantedShapes}. */
export function randomCheckpoint(
  create: (archive: WeightArchive) => unknown,
  { seed = 1, hints = {} }: { seed?: number; hints?: Record<string, readonly number[]> } = {},
): WeightArchive {
  return randomArchive(wantedShapes(create, hints), seed);
}

/** The archive with one more tensor, or one less. */
export function changed(
  archive: WeightArchive,
  { without, add }: { without?: string; add?: Record<string, readonly number[]> },
): WeightArchive {
  const tensors = new Map([...archive.tensors, ...randomArchive(add ?? {}).tensors]);
  if (without !== undefined) tensors.delete(without);
  return { tensors };
}

/**
 * Conformance options for networks with random weights: kink lies beside kink, so steps are small and the
 * tolerance wide. `pnpm parity` compares the same gradients with float64 references.
 */
export const manyKinks = { gradientEpsilon: 5e-5, gradientTolerance: 0.1 } as const;
