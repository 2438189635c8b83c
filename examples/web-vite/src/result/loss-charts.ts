import type { EnhancementStep } from '@latent-matte/backend-web/page';

const SVG = 'http://www.w3.org/2000/svg';
const WIDTH = 220;
const HEIGHT = 40;
const MARGIN = 3;

/** What the values of a step are called, in the order in which they are shown. Losses of a name that is not here follow. */
const titles: Readonly<Record<string, string>> = {
  total: 'Objective',
  agreement: 'Disagreement of views',
  entropy: 'Doubt of the trimap',
  alphaEntropy: 'Doubt of the matte',
  compositional: 'Composites look pasted',
  consistency: 'Distance to the photo',
  perceptual: 'Distance as seen',
  psnr: 'Likeness, dB',
};

interface Row {
  readonly row: HTMLElement;
  readonly value: HTMLElement;
  readonly svg: SVGElement;
  readonly line: SVGElement;
  readonly dot: SVGElement;
}

/** Small curves, one for each value that is measured, drawn as the steps come in. */
export class LossCharts {
  readonly #place: HTMLElement;
  readonly #rows = new Map<string, Row>();
  readonly #points = new Map<string, [step: number, value: number][]>();

  constructor(place: HTMLElement) {
    this.#place = place;
  }

  clear(): void {
    this.#place.replaceChildren();
    this.#rows.clear();
    this.#points.clear();
  }

  /** @param marked the step to mark; default the last one */
  add(step: EnhancementStep, marked: number = step.step): void {
    const { total, losses, psnr } = step;
    for (const [name, value] of Object.entries({ total, ...losses, psnr })) {
      // The first step is its own start: its likeness is infinite.
      if (!Number.isFinite(value)) continue;
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

  #draw(name: string, steps: number, marked: number): void {
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

  #addRow(name: string): Row {
    const row = document.createElement('div');
    row.className = 'chart';
    const title = Object.assign(document.createElement('span'), {
      className: 'chart-title',
      textContent: titles[name] ?? name,
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
    const order = Object.keys(titles);
    const later = name in titles ? order.slice(order.indexOf(name) + 1) : [];
    const after = later.map((other) => this.#rows.get(other)?.row);
    this.#place.insertBefore(row, after.find((other) => other !== undefined) ?? null);
    return made;
  }
}

const format = (value: number): string =>
  value !== 0 && Math.abs(value) < 1e-3 ? value.toExponential(2) : value.toPrecision(3);
