import { type Parts, searchedModels } from '../prediction/parts';
import type { LossWeights } from './options';

/** One sentence per model that gives no gradient, or sees no trimap: which losses are left out because of it. */
export function leftOutLosses(parts: Parts, weights: LossWeights): string[] {
  const { trimap } = parts;
  const models = searchedModels(parts);
  const needTrimap = models.some(({ needsTrimap }) => needsTrimap);
  const explain = (name: string, losses: readonly (string | false)[]): string[] => {
    const off = losses.filter((loss) => loss !== false);
    if (off.length === 0) return [];
    const verb = off.length > 1 ? 'were' : 'was';
    return [`"${name}" gives no gradient, so ${off.join(' and ')} ${verb} left out.`];
  };
  return [
    ...models
      .filter(({ differentiable }) => differentiable === 'none')
      .flatMap(({ name, needsTrimap }) =>
        explain(name, [
          weights.compositional > 0 && 'the compositional loss',
          weights.agreement > 0 &&
            (needsTrimap ? 'the matte in the agreement loss' : 'the agreement loss'),
          weights.alphaEntropy > 0 && 'the entropy of its matte',
          weights.border > 0 && 'the border loss',
        ]),
      ),
    ...(trimap.differentiable === 'none'
      ? explain(trimap.name, [
          weights.entropy > 0 && needTrimap && 'the entropy loss',
          weights.agreement > 0 && needTrimap && 'the agreement loss',
        ])
      : []),
    ...(weights.entropy > 0 && !needTrimap
      ? [
          `"${models.map(({ name }) => name).join('" and "')}" sees no trimap, so the entropy loss was left out; weights.alphaEntropy is that of its matte.`,
        ]
      : []),
  ];
}
