/**
 * What of the paper's tables is on record here, printed beside a run. Its single rows are not: copy them from the paper,
 * and mind that SAD and MSE of them are of the protocol that wraps around (docs/reproduce.md).
 */
export const paperFigures: readonly string[] = [
  'figures from the paper (Xu, Zhou, He, TIP 2022), not measured here:',
  '  Table I    portrait data set, over its models: SAD 10.7 to 18.9, MSE 0.014 to 0.028; the rows are not on record here',
  '  Table III  ablation of losses and latents: rows not on record here',
  '  Table IV   foreground of L_ca: blur fusion and multi-level change SAD by about 0.1; rows not on record here',
];
