/**
 * What our own tests, of other packages too, ask of the inside. No entry of the published package: test-kit and the tests
 * find it as `@latent-matte/backend-node/internals` through the aliases of this repository.
 */
export { activateNative } from './device/activate-native';
export { activateWebgpu } from './device/activate-webgpu';
