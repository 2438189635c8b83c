import type { Lab } from './lab-color';

const RADIANS = Math.PI / 180;
const SEVENTH_POWER_OF_25 = 25 ** 7;

/**
 * CIEDE2000 colour difference, with the conventions of Sharma, Wu, Dalal ("The CIEDE2000 color-difference formula:
 * implementation notes, supplementary test data, and mathematical observations", Color Research and Application 2005),
 * k_L = k_C = k_H = 1. About 1 is just noticeable side by side.
 */
export function colorDifference([L1, a1, b1]: Lab, [L2, a2, b2]: Lab): number {
  const meanChroma = (Math.hypot(a1, b1) + Math.hypot(a2, b2)) / 2;
  const stretch = 1.5 - 0.5 * chromaShare(meanChroma);
  const c1 = Math.hypot(stretch * a1, b1);
  const c2 = Math.hypot(stretch * a2, b2);
  const h1 = hue(stretch * a1, b1);
  const h2 = hue(stretch * a2, b2);
  const grey = c1 * c2 === 0;

  // The shorter way round the hue circle.
  const turn = grey ? 0 : h2 - h1;
  const hueStep = turn > 180 ? turn - 360 : turn < -180 ? turn + 360 : turn;
  const dL = L2 - L1;
  const dC = c2 - c1;
  const dH = 2 * Math.sqrt(c1 * c2) * Math.sin((hueStep / 2) * RADIANS);

  const meanL = (L1 + L2) / 2;
  const meanC = (c1 + c2) / 2;
  const sum = h1 + h2;
  const far = !grey && Math.abs(h1 - h2) > 180;
  const meanH = grey ? sum : (far ? (sum < 360 ? sum + 360 : sum - 360) : sum) / 2;

  const t =
    1 -
    0.17 * Math.cos((meanH - 30) * RADIANS) +
    0.24 * Math.cos(2 * meanH * RADIANS) +
    0.32 * Math.cos((3 * meanH + 6) * RADIANS) -
    0.2 * Math.cos((4 * meanH - 63) * RADIANS);
  const lightness = (meanL - 50) ** 2;
  const l = dL / (1 + (0.015 * lightness) / Math.sqrt(20 + lightness));
  const c = dC / (1 + 0.045 * meanC);
  const h = dH / (1 + 0.015 * meanC * t);
  // In the blues hue and chroma are not independent.
  const rotation =
    -2 * chromaShare(meanC) * Math.sin(60 * Math.exp(-(((meanH - 275) / 25) ** 2)) * RADIANS);
  return Math.sqrt(l * l + c * c + h * h + rotation * c * h);
}

/**
 * A number that the square of {@link colorDifference} never exceeds. The weights of lightness, chroma and hue are at least
 * 1; with them left out the stretched differences in hue and chroma are the distance in the plane of a and b, the stretch is
 * at most 1.5, and what ties hue to chroma at most doubles the two.
 */
export function mostSquaredDifference(dL: number, da: number, db: number): number {
  return dL * dL + 2 * (2.25 * da * da + db * db);
}

/** √(C⁷ / (C⁷ + 25⁷)). */
function chromaShare(chroma: number): number {
  const power = chroma ** 7;
  return Math.sqrt(power / (power + SEVENTH_POWER_OF_25));
}

/** In degrees, [0, 360); 0 for grey. */
function hue(a: number, b: number): number {
  if (a === 0 && b === 0) return 0;
  const angle = Math.atan2(b, a) / RADIANS;
  return angle < 0 ? angle + 360 : angle;
}
