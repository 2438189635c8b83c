import { escapeHtml } from '../../report/escape-html';

export interface LineChart {
  readonly title: string;
  /** `[step, value]`; values that are not finite are left out. */
  readonly points: readonly (readonly [step: number, value: number])[];
  /** Last step of the axis, the same for all charts of a page. */
  readonly steps: number;
  /** Marked with a vertical line. */
  readonly bestStep: number;
  readonly format: (value: number) => string;
}

const WIDTH = 320;
const HEIGHT = 150;
const LEFT = 58;
const RIGHT = 12;
const TOP = 12;
const BOTTOM = 26;

/** One series over the steps as an inline SVG figure; empty when there is nothing to draw. */
export function lineChart({ title, points, steps, bestStep, format }: LineChart): string {
  const drawn = points.filter(([, value]) => Number.isFinite(value));
  if (drawn.length === 0) return '';
  const values = drawn.map(([, value]) => value);
  const low = Math.min(...values);
  const high = Math.max(...values);
  // A constant series is drawn in the middle rather than divided by zero.
  const span = high > low ? high - low : Math.abs(high) || 1;
  const base = high > low ? low : low - span / 2;
  const x = (step: number): number => LEFT + (step / Math.max(1, steps)) * (WIDTH - LEFT - RIGHT);
  const y = (value: number): number => TOP + (1 - (value - base) / span) * (HEIGHT - TOP - BOTTOM);
  const at = (step: number, value: number): string =>
    `${x(step).toFixed(1)},${y(value).toFixed(1)}`;
  const line = drawn.map(([step, value]) => at(step, value)).join(' ');
  const best = drawn.find(([step]) => step === bestStep);
  const first = drawn[0]![1];
  const last = drawn.at(-1)![1];
  const label = `${title}: from ${format(first)} to ${format(last)}, between ${format(low)} and ${format(high)}`;
  const ticks = high > low ? [low, high] : [low];
  return `<figure class="chart"><figcaption>${escapeHtml(title)}</figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeHtml(label)}">
${ticks
  .map(
    (value) =>
      `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(value).toFixed(1)}" y2="${y(value).toFixed(1)}"/><text x="${LEFT - 6}" y="${(y(value) + 4).toFixed(1)}" text-anchor="end">${escapeHtml(format(value))}</text>`,
  )
  .join('\n')}
<text x="${LEFT}" y="${HEIGHT - 8}">0</text><text x="${WIDTH - RIGHT}" y="${HEIGHT - 8}" text-anchor="end">${steps} steps</text>
<line class="best" x1="${x(bestStep).toFixed(1)}" x2="${x(bestStep).toFixed(1)}" y1="${TOP - 6}" y2="${HEIGHT - BOTTOM}"><title>step ${bestStep} was returned</title></line>
${drawn.length > 1 ? `<polyline class="series" points="${line}"/>` : ''}
${drawn.length <= 12 ? drawn.map(([step, value]) => `<circle class="dot" cx="${x(step).toFixed(1)}" cy="${y(value).toFixed(1)}" r="2.5"><title>step ${step}: ${escapeHtml(format(value))}</title></circle>`).join('') : ''}
${best ? `<circle class="marker" cx="${x(best[0]).toFixed(1)}" cy="${y(best[1]).toFixed(1)}" r="4"><title>step ${best[0]}: ${escapeHtml(format(best[1]))}</title></circle>` : ''}
</svg></figure>`;
}
