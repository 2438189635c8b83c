/**
 * What our own tests, of other packages too, ask of the inside. No entry of the published package: test-kit and the tests
 * find it as `@latent-matte/core/internals` through the aliases of this repository.
 */
import './gradients';

export { colorDifference } from './metrics/color-difference';
export { labOfLevels } from './metrics/lab-color';
export { installCorrections } from './ops/corrections/install-corrections';
export { gradientsOf } from './ops/gradients-of';
export { portraitGradients } from './search/portrait-gradients';
