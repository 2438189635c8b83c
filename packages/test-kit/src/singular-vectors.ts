import type { WeightArchive } from '@latent-matte/core/checkpoints';

/**
 * Random weights with spectral normalisation as training leaves them: u of length 1 and v = Wᵀu / ‖Wᵀu‖ for every
 * `*.weight_bar`. With random vectors it would divide by numbers near 0.
 */
export function withSingularVectors({ tensors }: WeightArchive): WeightArchive {
  const result = new Map(tensors);
  const read = (name: string) => new Float32Array(tensors.get(name)!.bytes.slice().buffer);
  const write = (name: string, values: Float32Array) => {
    const length = Math.hypot(...Array.from(values));
    const bytes = new Uint8Array(values.map((value) => value / length).buffer);
    result.set(name, { dtype: 'F32', shape: [values.length], bytes });
  };
  for (const name of tensors.keys()) {
    if (!name.endsWith('weight_bar')) continue;
    const [matrix, u] = [read(name), read(name.replace(/bar$/, 'u'))];
    const v = new Float32Array(matrix!.length / u!.length);
    for (let i = 0; i < matrix!.length; i++) {
      v[i % v.length]! += matrix![i]! * u![Math.floor(i / v.length)]!;
    }
    write(name.replace(/bar$/, 'u'), u!);
    write(name.replace(/bar$/, 'v'), v);
  }
  return { tensors: result };
}
