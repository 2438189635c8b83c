/**
 * The same models for the sources and for what was built of them.
 *
 * @param {object} mocks of core's `testing`
 * @param {object} api of `@latent-matte/backend-node/core` and `/models`
 */
export function registerTinyModels(mocks, api) {
  const weights = api.randomStyleGAN2Weights({
    resolution: 32,
    channels: [4, 4, 4, 4],
    styleSize: 8,
    mappingLayers: 2,
    seed: 3,
  });
  api.registerGenerator('tiny', () => api.createStyleGAN2Generator(weights));
  api.registerTrimapModel('tiny', () => mocks.mockTrimapModel());
  api.registerDiscriminator('tiny', () => mocks.mockDiscriminator());
  api.registerMattingModel('tiny', () => mocks.mockMattingModel({ name: 'tiny' }));
  api.registerMattingModel('other', () => mocks.mockMattingModel({ name: 'other', tilt: 0.2 }));
  api.registerMattingModel('broken', () => ({
    ...mocks.mockMattingModel({ name: 'broken' }),
    alpha: ({ image }) => image,
  }));
}
