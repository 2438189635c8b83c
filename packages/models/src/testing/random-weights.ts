import { createRandom } from '@latent-matte/core';
import type { WeightValues } from '../compact/compact-models';
import { initializeParameters } from '../compact/layers';
import type { NetworkDefinition } from '../compact/networks';
import { countOf } from '../count-of';

/**
 * Weights for tests: as at the start of training, except that nothing is zero. Layers that start at zero would
 * hide whatever comes before them.
 */
export function randomWeights(network: NetworkDefinition, seed = 1): WeightValues {
  const random = createRandom(seed);
  const values = initializeParameters(network.parameters, random);
  for (const [name, data] of Object.entries(values)) {
    const { initializer, shape } = network.parameters[name];
    if (initializer.kind !== 'constant') continue;
    const fanIn = countOf(shape.slice(0, -1));
    const noise = random.fork(`noise ${name}`).normals(data.length);
    for (let i = 0; i < data.length; i++) data[i] += (0.3 * noise[i]) / Math.sqrt(fanIn);
  }
  return values;
}
