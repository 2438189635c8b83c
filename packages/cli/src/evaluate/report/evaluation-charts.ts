import { escapeHtml } from '../../report/escape-html';

const WIDTH = 320;
const HEIGHT = 200;
const LEFT = 46;
const RIGHT = 12;
const TOP = 10;
const BOTTOM = 34;
const PLOT = { width: WIDTH - LEFT - RIGHT, height: HEIGHT - TOP - BOTTOM };

/** Bars of a histogram at most. */
const MAX_BINS = 21;

const figure = (title: string, label: string, content: string): string =>
  `<figure class="chart"><figcaption>${escapeHtml(title)}</figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeHtml(label)}">
${content}
</svg></figure>`;

/**
 * How many pictures changed by how many per cent. Zero lies between two bars, so that better and worse never share
 * one; what lies beyond the axis is counted in the outermost bars.
 */
export function changeHistogram(title: string, changes: readonly number[]): string {
  const values = changes.filter(Number.isFinite);
  if (values.length === 0) return '';
  const sizes = values.map(Math.abs).sort((a, b) => a - b);
  // One wild picture must not flatten all others.
  const reach = Math.max(sizes[Math.floor(0.95 * (sizes.length - 1))]!, 1e-9);
  const perSide = Math.min((MAX_BINS - 1) / 2, Math.max(2, Math.ceil(Math.sqrt(values.length))));
  const step = niceStep(reach / perSide);
  const bins = new Array<number>(2 * perSide).fill(0);
  for (const value of values) {
    const bin = Math.floor(value / step) + perSide;
    // A value of exactly zero counts on neither side's favour: it goes to the bar right of zero.
    bins[Math.min(bins.length - 1, Math.max(0, bin))]!++;
  }
  const most = Math.max(...bins);
  const width = PLOT.width / bins.length;
  const bars = bins.map((count, index) => {
    const height = (count / most) * PLOT.height;
    const [from, to] = [(index - perSide) * step, (index - perSide + 1) * step];
    const x = LEFT + index * width + 1;
    return `<rect class="${index < perSide ? 'better' : 'worse'}" x="${x.toFixed(1)}" y="${(TOP + PLOT.height - height).toFixed(1)}" width="${(width - 2).toFixed(1)}" height="${height.toFixed(1)}"><title>${short(from)} to ${short(to)} %: ${count}</title></rect>`;
  });
  const middle = LEFT + PLOT.width / 2;
  const end = perSide * step;
  const better = values.filter((value) => value < 0).length;
  const worse = values.filter((value) => value > 0).length;
  return figure(
    title,
    `${title}: ${better} pictures fell, ${worse} rose`,
    `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${TOP + PLOT.height}" y2="${TOP + PLOT.height}"/>
${bars.join('\n')}
<line class="zero" x1="${middle}" x2="${middle}" y1="${TOP - 4}" y2="${TOP + PLOT.height}"/>
<text x="${LEFT - 6}" y="${TOP + 8}" text-anchor="end">${most}</text>
<text x="${LEFT}" y="${HEIGHT - 18}">${short(-end)} %</text><text x="${middle}" y="${HEIGHT - 18}" text-anchor="middle">0</text><text x="${WIDTH - RIGHT}" y="${HEIGHT - 18}" text-anchor="end">+${short(end)} %</text>
<text x="${LEFT}" y="${HEIGHT - 4}">◀ better (${better})</text><text x="${WIDTH - RIGHT}" y="${HEIGHT - 4}" text-anchor="end">(${worse}) worse ▶</text>`,
  );
}

export interface ScatterPoint {
  readonly name: string;
  readonly before: number;
  readonly after: number;
}

/** Error after against error before, both axes alike; below the line is better. Logarithmic when no error is 0. */
export function beforeAfterScatter(title: string, points: readonly ScatterPoint[]): string {
  const drawn = points.filter(
    ({ before, after }) => Number.isFinite(before) && Number.isFinite(after),
  );
  if (drawn.length === 0) return '';
  const all = drawn.flatMap(({ before, after }) => [before, after]);
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const logarithmic = low > 0 && high / low > 10;
  const scale = (value: number): number => (logarithmic ? Math.log(value) : value);
  const start = logarithmic ? scale(low) : 0;
  const span = scale(high) - start || 1;
  // A margin keeps marks off the axes.
  const at = (value: number): number => 0.03 + 0.94 * ((scale(value) - start) / span);
  const x = (value: number): string => (LEFT + at(value) * PLOT.width).toFixed(1);
  const y = (value: number): string => (TOP + (1 - at(value)) * PLOT.height).toFixed(1);
  const marks = drawn.map(({ name, before, after }) => {
    const label = `<title>${escapeHtml(name)}: ${short(before)} → ${short(after)}</title>`;
    if (after > before) {
      // A shape of its own: colour alone would not do.
      const [cx, cy] = [Number(x(before)), Number(y(after))];
      return `<path class="worse" d="M${cx - 3.4} ${cy + 2.8}h6.8l-3.4 -6z">${label}</path>`;
    }
    return `<circle class="better" cx="${x(before)}" cy="${y(after)}" r="2.8">${label}</circle>`;
  });
  const bottom = logarithmic ? low : 0;
  return figure(
    title,
    `${title}: error after against error before, ${drawn.length} pictures`,
    `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${TOP + PLOT.height}" y2="${TOP + PLOT.height}"/>
<line class="grid" x1="${LEFT}" x2="${LEFT}" y1="${TOP}" y2="${TOP + PLOT.height}"/>
<line class="zero" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${TOP + PLOT.height}" y2="${TOP}"/>
${marks.join('\n')}
<text x="${LEFT - 6}" y="${TOP + 8}" text-anchor="end">${short(high)}</text><text x="${LEFT - 6}" y="${TOP + PLOT.height}" text-anchor="end">${short(bottom)}</text>
<text x="${LEFT}" y="${HEIGHT - 18}">${short(bottom)}</text><text x="${WIDTH - RIGHT}" y="${HEIGHT - 18}" text-anchor="end">${short(high)}</text>
<text x="${LEFT + PLOT.width / 2}" y="${HEIGHT - 4}" text-anchor="middle">before${logarithmic ? ' (log)' : ''}</text>
<text transform="translate(12 ${TOP + PLOT.height / 2}) rotate(-90)" text-anchor="middle">after</text>`,
  );
}

/** 1, 2 or 5 times a power of ten, at least `size`. */
function niceStep(size: number): number {
  const power = 10 ** Math.floor(Math.log10(size));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= size * (1 - 1e-9))!;
}

const short = (value: number): string => Number(value.toPrecision(3)).toString().replace('-', '−');
