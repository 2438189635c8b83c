import { createRandom } from '@latent-matte/core';
import type { WeightArchive, WeightTensor } from '@latent-matte/core/checkpoints';
import { countOf } from '../count-of';
import { NetworkBuilder } from './network-builder';

/**
 * Weights to begin a training with, under the names of the network's file: filters normal with variance 2 / fan-in
 * (He et al., "Delving deep into rectifiers", ICCV 2015), normalisations the identity, biases 0. The same bytes for one seed.
 *
 * @param declare declares the layers; what it returns is not called
 * @param values of single tensors that begin elsewhere, by name
 */
export function initialWeights(
  name: string,
  declare: (build: NetworkBuilder) => unknown,
  { seed = 0, values = {} }: { seed?: number; values?: Readonly<Record<string, number>> } = {},
): WeightArchive {
  const build = new NetworkBuilder({ tensors: new Map() }, name);
  declare(build);
  const random = createRandom(seed);
  const tensors = Object.entries(build.shapes).map(([key, shape]): [string, WeightTensor] => {
    const data = new Float32Array(countOf(shape));
    if (shape.length > 1) {
      const fanIn = countOf(shape.slice(1));
      const deviation = Math.sqrt(2 / fanIn);
      const normals = random.fork(key);
      for (let i = 0; i < data.length; i++) data[i] = deviation * normals.normal();
    } else {
      data.fill(values[key] ?? (/\.(weight|running_var)$/.test(key) ? 1 : 0));
    }
    return [key, { dtype: 'F32', shape, bytes: new Uint8Array(data.buffer) }];
  });
  return { tensors: new Map(tensors) };
}
