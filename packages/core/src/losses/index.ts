export { agreementLoss, type FixedTarget } from './agreement';
export { blockMeans } from './block-means';
export { type BorderTarget, borderLoss, borderTarget } from './border';
export { compositionalLoss, softplus } from './compositional';
export { consistencyLoss } from './consistency';
export { type DistanceReduction, distance, type FidelityReduction } from './distance';
export { alphaEntropyLoss, entropyLoss, entropyMap } from './entropy';
export { noiseRegularization, normalizeNoise } from './noise-regularization';
export { perceptualLoss } from './perceptual';
