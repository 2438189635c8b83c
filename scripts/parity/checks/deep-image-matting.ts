import type { MattingInput } from '@latent-matte/core';
import { createDimFoamliu, createDimHuochaitiantang } from '@latent-matte/models';
import { networkWeights } from '../network-weights';
import type { FixtureCheck } from './fixture-check';
import { trimapNetworkErrors } from './trimap-network';

/** foamliu's Deep Image Matting. */
export const dimFoamliu: FixtureCheck = {
  items: /^dim_foamliu$/,
  needsBackend: true,
  async run(fixture, { folder }) {
    const network = createDimFoamliu(networkWeights(fixture, folder));
    const measurements = await trimapNetworkErrors(fixture, (input) => network.prediction(input));
    network.dispose();
    return measurements;
  },
};

/** huochaitiantang's, without and with its refinement stage. */
export const dimHuochaitiantang: FixtureCheck = {
  items: /^dim_hct_stage[13]$/,
  needsBackend: true,
  async run(fixture, { folder }) {
    const archive = networkWeights(fixture, folder);
    const network = createDimHuochaitiantang(archive);
    const measurements = await trimapNetworkErrors(fixture, (input) => network.prediction(input));
    network.dispose();
    if (fixture.has('alpha_stage1')) {
      const first = createDimHuochaitiantang(archive, { refine: false });
      const predict = (input: MattingInput) => first.prediction(input);
      measurements.push(
        ...(await trimapNetworkErrors(fixture, predict, { alphaName: 'alpha_stage1' })),
      );
      first.dispose();
    }
    return measurements;
  },
};
