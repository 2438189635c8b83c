import type { FloatImage } from '../contracts';
import { InvalidOptionError } from '../errors';
import { ComponentFinder } from '../metrics/connected-components';
import type { Matte } from '../prediction/matte';
import type { QualityLimits, QualityMeasures, QualityVerdict, RejectReason } from './types';

/** The limits of `gate` where none are given, see {@link QualityLimits}. */
export const defaultLimits: Readonly<QualityLimits> = {
  maxEntropy: 0.4,
  minCoverage: 0.05,
  maxCoverage: 0.95,
  maxUnknown: 0.3,
  minLargestPart: 0.9,
  maxContradiction: 0.03,
  maxDisagreement: 0.3,
};

interface Rule {
  readonly measure: keyof QualityMeasures;
  readonly bound: 'most' | 'least';
  readonly what: string;
}

const rules: Readonly<Record<keyof QualityLimits, Rule>> = {
  maxEntropy: { measure: 'entropy', bound: 'most', what: 'The entropy that is left' },
  minCoverage: { measure: 'coverage', bound: 'least', what: 'The share that alpha covers' },
  maxCoverage: { measure: 'coverage', bound: 'most', what: 'The share that alpha covers' },
  maxUnknown: { measure: 'unknown', bound: 'most', what: 'The share of unknown pixels' },
  minLargestPart: {
    measure: 'largestPart',
    bound: 'least',
    what: 'The share of the largest connected part',
  },
  maxContradiction: {
    measure: 'contradiction',
    bound: 'most',
    what: 'The difference of alpha to the sure part of the trimap',
  },
  maxDisagreement: {
    measure: 'disagreement',
    bound: 'most',
    what: 'The difference to the alpha of another reference',
  },
};

/** @throws InvalidOptionError a limit that does not exist, or is no number ≥ 0 */
export function resolveLimits(given: Partial<QualityLimits> | false = {}): QualityLimits | false {
  if (given === false) return false;
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(defaultLimits, name)) {
      throw new InvalidOptionError(
        `The quality gate has no limit "${name}".`,
        `Use: ${Object.keys(defaultLimits).join(', ')}.`,
      );
    }
    if (value !== undefined && !(Number.isFinite(value) && value >= 0)) {
      throw new InvalidOptionError(`gate.${name} is ${value}.`, 'Use a finite number ≥ 0.');
    }
  }
  const limits = { ...defaultLimits };
  for (const name of Object.keys(limits) as (keyof QualityLimits)[]) {
    limits[name] = given[name] ?? limits[name];
  }
  return limits;
}

/**
 * Measures a matte: what is left of the entropy, whether alpha is that of one person, and whether other models see
 * the same.
 *
 * @param others alpha of the same portrait by the other references
 */
export function measureQuality(matte: Matte, others: readonly FloatImage[]): QualityMeasures {
  const { alpha, trimap, entropy } = matte;
  const pixels = alpha.data.length;
  let covered = 0;
  let unknown = 0;
  let contradiction = 0;
  for (let i = 0; i < pixels; i++) {
    covered += alpha.data[i]!;
    if (trimap.data[i] === 0.5) unknown++;
    else contradiction += Math.abs(alpha.data[i]! - trimap.data[i]!);
  }
  const solid = new ComponentFinder(alpha.data, alpha.width, alpha.height).find(0.5);
  const disagreements = others.map((other) => differenceWhereUnknown(alpha, other, trimap));
  return {
    entropy,
    coverage: covered / pixels,
    unknown: unknown / pixels,
    largestPart: solid.pixels === 0 ? 0 : solid.largestSize / solid.pixels,
    contradiction: contradiction / Math.max(1, pixels - unknown),
    ...(disagreements.length > 0 && { disagreement: Math.max(...disagreements) }),
  };
}

function differenceWhereUnknown(a: FloatImage, b: FloatImage, trimap: FloatImage): number {
  let sum = 0;
  let count = 0;
  for (let i = 0; i < trimap.data.length; i++) {
    if (trimap.data[i] !== 0.5) continue;
    sum += Math.abs(a.data[i]! - b.data[i]!);
    count++;
  }
  return sum / Math.max(1, count);
}

/** Every limit that is missed; none with the gate switched off. */
export function judgeQuality(
  measures: QualityMeasures,
  limits: QualityLimits | false,
): QualityVerdict {
  if (limits === false) return { accepted: true, reasons: [], measures };
  const reasons: RejectReason[] = [];
  for (const [name, { measure, bound, what }] of Object.entries(rules)) {
    const limit = limits[name as keyof QualityLimits];
    const value = measures[measure];
    if (value === undefined || (bound === 'most' ? value <= limit : value >= limit)) continue;
    const message = `${what} is ${value.toFixed(3)}; at ${bound} ${limit} is allowed.`;
    reasons.push({ measure, value, limit, message });
  }
  return { accepted: reasons.length === 0, reasons, measures };
}
