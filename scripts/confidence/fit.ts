/** What a matte shows, and whether it is that of a person. */
export interface Example {
  readonly evidence: readonly number[];
  readonly person: boolean;
}

/** Bias first, then a weight per piece of evidence. */
export type Weights = readonly number[];

const ITERATIONS = 50;
/** Of the squared weights, without the bias; keeps them finite where the examples can be told apart entirely. */
const DECAY = 0.02;
/** Sum of the weights of all examples: what the decay is measured against. */
const TOTAL = 100;

/** Logistic regression by Newton's method; persons and others weigh alike, however many there are of each. */
export function fitLogistic(examples: readonly Example[]): number[] {
  const size = (examples[0]?.evidence.length ?? 0) + 1;
  const count = (person: boolean) => examples.filter((e) => e.person === person).length;
  const share = { true: TOTAL / 2 / count(true), false: TOTAL / 2 / count(false) };
  let weights = new Array<number>(size).fill(0);
  for (let i = 0; i < ITERATIONS; i++) {
    const gradient = weights.map((w, k) => (k === 0 ? 0 : DECAY * w));
    const hessian = weights.map((_, k) => weights.map((_, l) => (k === l && k > 0 ? DECAY : 0)));
    for (const { evidence, person } of examples) {
      const x = [1, ...evidence];
      const p = probability(weights, evidence);
      const weight = share[`${person}`];
      for (let k = 0; k < size; k++) {
        gradient[k]! += weight * (p - Number(person)) * x[k]!;
        for (let l = 0; l < size; l++) hessian[k]![l]! += weight * p * (1 - p) * x[k]! * x[l]!;
      }
    }
    const step = solve(hessian, gradient);
    weights = weights.map((w, k) => w - step[k]!);
  }
  return weights;
}

export function probability(weights: Weights, evidence: readonly number[]): number {
  const score = evidence.reduce((sum, value, k) => sum + weights[k + 1]! * value, weights[0]!);
  return 1 / (1 + Math.exp(-score));
}

/** Gaussian elimination of a small symmetric positive definite system. */
function solve(matrix: readonly number[][], right: readonly number[]): number[] {
  const rows = matrix.map((row, k) => [...row, right[k]!]);
  const size = rows.length;
  for (let k = 0; k < size; k++) {
    for (let other = 0; other < size; other++) {
      if (other === k) continue;
      const factor = rows[other]![k]! / rows[k]![k]!;
      for (let l = k; l <= size; l++) rows[other]![l]! -= factor * rows[k]![l]!;
    }
  }
  return rows.map((row, k) => row[size]! / row[k]!);
}
