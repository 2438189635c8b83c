import { createRandom } from '@latent-matte/core';
import { describe, expect, it } from 'vitest';
import { type Example, fitLogistic, probability } from './fit';

describe('fitLogistic', () => {
  it('finds the weights that drew the labels', () => {
    const random = createRandom(3);
    const truth = [-1, 2, -3];
    const examples: Example[] = Array.from({ length: 4000 }, () => {
      const evidence = [random.uniform() * 4 - 2, random.uniform() * 4 - 2];
      return { evidence, person: random.uniform() < probability(truth, evidence) };
    });
    const found = fitLogistic(examples);
    // The bias is that of as many persons as others.
    expect(found[1]).toBeCloseTo(truth[1]!, 0);
    expect(found[2]).toBeCloseTo(truth[2]!, 0);
    const right = examples.filter((e) => probability(found, e.evidence) > 0.5 === e.person);
    expect(right.length / examples.length).toBeGreaterThan(0.85);
  });

  it('stays finite where one number tells them apart', () => {
    const examples = [0, 1, 2, 3].map((value) => ({ evidence: [value], person: value > 1 }));
    const [bias, weight] = fitLogistic(examples);
    expect(-bias! / weight!).toBeCloseTo(1.5, 5);
  });
});
