import type { Parts } from '../prediction/parts';
import type { LossWeights } from './options';

/** Whether any loss says where to go. Distances to the input alone only say where not to: a search stays at its start. */
export function isGuided({ reference, trimap }: Parts, weights: LossWeights): boolean {
  const throughAlpha = reference.differentiable === 'image';
  const throughTrimap = reference.needsTrimap && trimap.differentiable === 'image';
  const throughTarget = reference.needsTrimap ? throughTrimap : throughAlpha;
  return (
    (weights.agreement > 0 && throughTarget) ||
    (weights.entropy > 0 && throughTrimap) ||
    (throughAlpha && (weights.compositional > 0 || weights.alphaEntropy > 0))
  );
}
