import { type Parts, searchedModels } from '../prediction/parts';
import type { LossWeights } from './options';

/** Whether any loss says where to go. Distances to the input alone only say where not to: a search stays at its start. */
export function isGuided(parts: Parts, weights: LossWeights): boolean {
  return searchedModels(parts).some(({ needsTrimap, differentiable }) => {
    const throughAlpha = differentiable === 'image';
    const throughTrimap = needsTrimap && parts.trimap.differentiable === 'image';
    const throughTarget = needsTrimap ? throughTrimap : throughAlpha;
    return (
      (weights.agreement > 0 && throughTarget) ||
      (weights.entropy > 0 && throughTrimap) ||
      (throughAlpha && (weights.compositional > 0 || weights.alphaEntropy > 0))
    );
  });
}
