import { chosen, element, onChosen } from '../elements';
import { drawStrokes, type Mark, type Stroke } from './strokes';

/** As on the buttons: the person is green, the background red. */
const COLORS: Readonly<Record<Mark, string>> = {
  person: 'rgb(40 200 110 / 65%)',
  background: 'rgb(230 60 60 / 65%)',
};
/** Of strokes that are finished: what they did is to be seen. */
const FAINT: Readonly<Record<Mark, string>> = {
  person: 'rgb(40 200 110 / 28%)',
  background: 'rgb(230 60 60 / 28%)',
};
/** Of the picture, for an arrow key. */
const KEY_STEP = 0.02;

/** Marks what the network got wrong: strokes over the picture, with the pointer or with arrow keys and Enter. */
export class Brush {
  readonly #surface = element('brush');
  readonly #canvas = element<HTMLCanvasElement>('marks');
  readonly #size = element<HTMLInputElement>('brush-size');
  readonly #undo = element<HTMLButtonElement>('undo');
  readonly #clear = element<HTMLButtonElement>('clear');
  readonly #onChange: (strokes: Stroke[]) => void;
  #strokes: Stroke[] = [];
  #open: Stroke | undefined;
  /** Where the next dab of the keyboard goes. */
  #cursor: readonly [x: number, y: number] = [0.5, 0.5];

  /** @param onChange a stroke is finished, or was taken back */
  constructor(onChange: (strokes: Stroke[]) => void) {
    this.#onChange = onChange;
    const surface = this.#surface;
    surface.addEventListener('pointerdown', (event) => {
      surface.setPointerCapture(event.pointerId);
      this.#open = { mark: chosen('tool') as Mark, radius: this.#radius, points: [] };
      this.#add(event);
    });
    surface.addEventListener('pointermove', (event) => {
      if (this.#open === undefined) return;
      // Screens report several places for one event.
      for (const each of [...event.getCoalescedEvents(), event]) this.#add(each);
    });
    surface.addEventListener('pointerup', () => this.#finish());
    surface.addEventListener('pointercancel', () => {
      this.#open = undefined;
      this.#draw();
    });
    surface.addEventListener('keydown', (event) => this.#onKey(event));
    surface.addEventListener('focus', () => this.#draw());
    surface.addEventListener('blur', () => this.#draw());
    this.#undo.addEventListener('click', () => this.#change(this.#strokes.slice(0, -1)));
    this.#clear.addEventListener('click', () => this.#change([]));
    onChosen('tool', () => this.#showTool());
    new ResizeObserver(() => this.#draw()).observe(surface);
    this.#showTool();
  }

  /** The strokes of a photo. */
  show(strokes: Stroke[]): void {
    this.#strokes = strokes;
    this.#open = undefined;
    this.#draw();
  }

  get #radius(): number {
    return Number(this.#size.value) / 1000;
  }

  #showTool(): void {
    const brushing = chosen('tool') !== 'compare';
    document.body.classList.toggle('brushing', brushing);
    this.#surface.hidden = !brushing;
    element('brush-options').hidden = !brushing;
    this.#draw();
  }

  #add({ clientX, clientY }: PointerEvent): void {
    const { left, top, width, height } = this.#surface.getBoundingClientRect();
    this.#open!.points.push([(clientX - left) / width, (clientY - top) / height]);
    this.#draw();
  }

  #finish(): void {
    if (this.#open === undefined) return;
    const stroke = this.#open;
    this.#open = undefined;
    this.#change([...this.#strokes, stroke]);
  }

  #change(strokes: Stroke[]): void {
    this.#strokes = strokes;
    this.#draw();
    this.#onChange(strokes);
  }

  #draw(): void {
    const { offsetWidth, offsetHeight } = this.#surface;
    this.#undo.disabled = this.#strokes.length === 0;
    this.#clear.disabled = this.#strokes.length === 0;
    if (offsetWidth === 0) return;
    this.#canvas.width = offsetWidth * devicePixelRatio;
    this.#canvas.height = offsetHeight * devicePixelRatio;
    const context = this.#canvas.getContext('2d')!;
    drawStrokes(context, this.#strokes, FAINT);
    if (this.#open !== undefined) drawStrokes(context, [this.#open], COLORS);
    if (this.#surface.matches(':focus-visible')) this.#drawCursor(context);
  }

  #drawCursor(context: CanvasRenderingContext2D): void {
    const { width, height } = this.#canvas;
    const [x, y] = this.#cursor;
    context.lineWidth = 2 * devicePixelRatio;
    for (const [color, grown] of [
      ['#000', 1],
      ['#fff', 0],
    ] as const) {
      context.strokeStyle = color;
      context.beginPath();
      const radius = this.#radius * Math.max(width, height) + grown * context.lineWidth;
      context.arc(x * width, y * height, radius, 0, 2 * Math.PI);
      context.stroke();
    }
  }

  #onKey(event: KeyboardEvent): void {
    const moves: Readonly<Record<string, readonly [number, number]>> = {
      ArrowLeft: [-KEY_STEP, 0],
      ArrowRight: [KEY_STEP, 0],
      ArrowUp: [0, -KEY_STEP],
      ArrowDown: [0, KEY_STEP],
    };
    const move = moves[event.key];
    const within = (share: number) => Math.min(1, Math.max(0, share));
    if (move !== undefined) {
      this.#cursor = [within(this.#cursor[0] + move[0]), within(this.#cursor[1] + move[1])];
      this.#draw();
    } else if (event.key === 'Enter' || event.key === ' ') {
      const mark = chosen('tool') as Mark;
      this.#change([...this.#strokes, { mark, radius: this.#radius, points: [this.#cursor] }]);
    } else return;
    event.preventDefault();
  }
}
