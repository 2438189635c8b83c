import type { EnhancementStep, LossValues } from '@latent-matte/backend-web';

const SVG = 'http://www.w3.org/2000/svg';
const WIDTH = 220;
const HEIGHT = 40;
const MARGIN = 3;

type Series = 'total' | 'psnr' | keyof LossValues;

/** In the order in which they are shown. */
const series: Readonly<
  Record<Series, { title: string; of: (step: EnhancementStep) => number | undefined }>
> = {
  total: { title: 'Objective', of: ({ total }) => total },
  agreement: { title: 'Disagreement of views', of: ({ losses }) => losses.agreement },
  entropy: { title: 'Doubt of the trimap', of: ({ losses }) => losses.entropy },
  compositional: { title: 'Composites look pasted', of: ({ losses }) => losses.compositional },
  consistency: { title: 'Distance to the photo', of: ({ losses }) => losses.consistency },
  perceptual: { title: 'Distance as seen', of: ({ losses }) => losses.perceptual },
  psnr: { title: 'Likeness, dB', of: ({ psnr }) => psnr },
};

/** Small curves, one for each value that is measured, drawn as the steps come in. */
export class LossCharts {
  readonly #place: HTMLElement;
  #rows = new Map<
    Series,
    { row: HTMLElement; line: SVGElement; dot: SVGElement; svg: SVGElement; value: HTMLElement }
  >();
  #points = new Map<Series, [step: number, value: number][]>();

  constructor(place: HTMLElement) {
    this.#place = place;
  }

  clear(): void {
    this.#place.replaceChildren();
    this.#rows = new Map();
    this.#points = new Map();
  }

  /** @param marked the step to mark; default the last one */
  add(step: EnhancementStep, marked: number = step.step): void {
    for (const name of Object.keys(series) as Series[]) {
      const value = series[name].of(step);
      // The first step is its own start: its likeness is infinite.
      if (value === undefined || !Number.isFinite(value)) continue;
      const points = this.#points.get(name) ?? [];
      this.#points.set(name, points);
      points.push([step.step, value]);
      this.#draw(name, step.steps, marked);
    }
  }

  /** All steps of a run that is over. */
  show(history: readonly EnhancementStep[], best: number): void {
    this.clear();
    for (const step of history) this.add(step, best);
  }

  #draw(name: Series, steps: number, marked: number): void {
    const points = this.#points.get(name)!;
    const { line, dot, svg, value } = this.#rows.get(name) ?? this.#addRow(name);
    const values = points.map(([, value]) => value);
    const low = Math.min(...values);
    const span = Math.max(...values) - low;
    const x = (step: number) => MARGIN + (step / Math.max(1, steps)) * (WIDTH - 2 * MARGIN);
    // A value that does not change is a line in the middle.
    const y = (value: number) =>
      MARGIN + (span === 0 ? 0.5 : 1 - (value - low) / span) * (HEIGHT - 2 * MARGIN);
    line.setAttribute(
      'points',
      points.map(([s, v]) => `${x(s).toFixed(1)},${y(v).toFixed(1)}`).join(' '),
    );
    const [step, shown] = points.find(([at]) => at === marked) ?? points[points.length - 1];
    dot.setAttribute('cx', x(step).toFixed(1));
    dot.setAttribute('cy', y(shown).toFixed(1));
    value.textContent = format(shown);
    const [first] = values;
    svg.setAttribute('aria-label', `from ${format(first)} to ${format(values[values.length - 1])}`);
  }

  #addRow(name: Series) {
    const row = document.createElement('div');
    row.className = 'chart';
    const title = Object.assign(document.createElement('span'), {
      className: 'chart-title',
      textContent: series[name].title,
    });
    const value = Object.assign(document.createElement('span'), { className: 'chart-value' });
    const svg = document.createElementNS(SVG, 'svg');
    svg.setAttribute('viewBox', `0 0 ${WIDTH} ${HEIGHT}`);
    svg.setAttribute('role', 'img');
    const line = document.createElementNS(SVG, 'polyline');
    const dot = document.createElementNS(SVG, 'circle');
    dot.setAttribute('r', '3');
    svg.append(line, dot);
    row.append(title, value, svg);
    const made = { row, line, dot, svg, value };
    this.#rows.set(name, made);
    // In the order of the table, whichever comes first.
    const order = Object.keys(series) as Series[];
    const after = order.slice(order.indexOf(name) + 1).map((other) => this.#rows.get(other)?.row);
    this.#place.insertBefore(row, after.find((other) => other !== undefined) ?? null);
    return made;
  }
}

const format = (value: number): string =>
  value !== 0 && Math.abs(value) < 1e-3 ? value.toExponential(2) : value.toPrecision(3);
