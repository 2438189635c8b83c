import { createIndexNet } from '@latent-matte/models';
import { networkWeights } from '../network-weights';
import type { FixtureCheck } from './fixture-check';
import { trimapNetworkErrors } from './trimap-network';

/** IndexNet, its output before it is clipped. */
export const indexnet: FixtureCheck = {
  items: /^indexnet$/,
  needsBackend: true,
  async run(fixture, { folder }) {
    const network = createIndexNet(networkWeights(fixture, folder));
    const measurements = await trimapNetworkErrors(fixture, (input) => network.prediction(input));
    network.dispose();
    return measurements;
  },
};
