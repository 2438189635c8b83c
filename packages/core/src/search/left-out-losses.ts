import type { Parts } from '../prediction/parts';
import type { LossWeights } from './options';

/** One sentence per model that gives no gradient, or sees no trimap: which losses are left out because of it. */
export function leftOutLosses({ reference, trimap }: Parts, weights: LossWeights): string[] {
  const explain = (name: string, losses: readonly (string | false)[]): string[] => {
    const off = losses.filter((loss) => loss !== false);
    if (off.length === 0) return [];
    const verb = off.length > 1 ? 'were' : 'was';
    return [`"${name}" gives no gradient, so ${off.join(' and ')} ${verb} left out.`];
  };
  return [
    ...(reference.differentiable === 'none'
      ? explain(reference.name, [
          weights.compositional > 0 && 'the compositional loss',
          weights.agreement > 0 &&
            (reference.needsTrimap ? 'the matte in the agreement loss' : 'the agreement loss'),
          weights.alphaEntropy > 0 && 'the entropy of its matte',
          weights.border > 0 && 'the border loss',
        ])
      : []),
    ...(trimap.differentiable === 'none'
      ? explain(trimap.name, [
          weights.entropy > 0 && reference.needsTrimap && 'the entropy loss',
          weights.agreement > 0 && reference.needsTrimap && 'the agreement loss',
        ])
      : []),
    ...(weights.entropy > 0 && !reference.needsTrimap
      ? [
          `"${reference.name}" sees no trimap, so the entropy loss was left out; weights.alphaEntropy is that of its matte.`,
        ]
      : []),
  ];
}
