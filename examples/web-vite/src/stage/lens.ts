import { element } from '../elements';
import type { CompareView } from './compare';

export const ZOOM = 4;
/** Of the glass, of the frame's shorter side. */
const DIAMETER = 0.4;
/** Between the glass and the frame, of its diameter. */
const MARGIN = 0.06;
/** Of the frame, for an arrow key. */
const KEY_STEP = 0.02;

/**
 * A ring on the picture, dragged or moved with the arrow keys, and in an upper corner a glass that shows what is in it
 * four times as large: before and after, as the divider says.
 */
export class Lens {
  readonly #lens = element<HTMLButtonElement>('lens');
  readonly #glass = element<HTMLCanvasElement>('glass');
  readonly #shown = element<HTMLInputElement>('lens-on');
  readonly #compare: CompareView;
  #place: readonly [x: number, y: number] = [0.5, 0.3];
  #waiting = false;

  constructor(compare: CompareView) {
    this.#compare = compare;
    this.#shown.addEventListener('change', () => this.draw());
    this.#lens.addEventListener('pointerdown', (event) => {
      this.#lens.setPointerCapture(event.pointerId);
    });
    this.#lens.addEventListener('pointermove', (event) => {
      if (this.#lens.hasPointerCapture(event.pointerId)) this.#follow(event);
    });
    this.#lens.addEventListener('keydown', (event) => this.#onKey(event));
    new ResizeObserver(() => this.draw()).observe(compare.frame);
  }

  /** How much of the picture is seen in it, a share of its longest side. */
  get reach(): number {
    const { offsetWidth, offsetHeight } = this.#compare.frame;
    const shorter = Math.min(offsetWidth, offsetHeight);
    return (DIAMETER * shorter) / ZOOM / Math.max(1, offsetWidth, offsetHeight);
  }

  /** @param place shares of width and height */
  moveTo([x, y]: readonly [number, number]): void {
    const within = (share: number) => Math.min(1, Math.max(0, share));
    this.#place = [within(x), within(y)];
    this.draw();
  }

  /** Soon: many causes in one frame of the screen are one drawing. */
  draw(): void {
    if (this.#waiting) return;
    this.#waiting = true;
    requestAnimationFrame(() => {
      this.#waiting = false;
      this.#drawNow();
    });
  }

  #drawNow(): void {
    const { frame, before, after, split } = this.#compare;
    const hidden = !this.#shown.checked || frame.classList.contains('single') || after.width === 0;
    this.#lens.hidden = hidden;
    this.#glass.hidden = hidden;
    if (hidden) return;
    const [width, height] = [frame.offsetWidth, frame.offsetHeight];
    const diameter = Math.round(DIAMETER * Math.min(width, height));
    this.#arrange(width, height, diameter);
    const pixels = Math.round(diameter * devicePixelRatio);
    this.#glass.width = pixels;
    this.#glass.height = pixels;
    const context = this.#glass.getContext('2d')!;
    // Where the divider runs through the glass.
    const edge = pixels / 2 + (split - this.#place[0]) * width * ZOOM * devicePixelRatio;
    this.#paint(context, before, 0, edge);
    this.#paint(context, after, edge, pixels);
    if (edge > 0 && edge < pixels) {
      context.fillStyle = '#fff';
      context.fillRect(edge - devicePixelRatio, 0, 2 * devicePixelRatio, pixels);
    }
  }

  /** The ring where it is, the glass in the upper corner that is farther from it. */
  #arrange(width: number, height: number, diameter: number): void {
    const [x, y] = this.#place;
    const ring = diameter / ZOOM;
    const place = (target: HTMLElement, size: number, left: number, top: number) =>
      Object.assign(target.style, {
        width: `${size}px`,
        height: `${size}px`,
        left: `${left}px`,
        top: `${top}px`,
      });
    place(this.#lens, ring, x * width - ring / 2, y * height - ring / 2);
    const margin = MARGIN * diameter;
    const left = x > 0.5 ? margin : width - diameter - margin;
    place(this.#glass, diameter, left, margin);
  }

  /** One side of the divider, between two columns of the glass. */
  #paint(
    context: CanvasRenderingContext2D,
    picture: HTMLCanvasElement,
    from: number,
    to: number,
  ): void {
    const { width: pixels } = context.canvas;
    const { offsetWidth: width, offsetHeight: height } = this.#compare.frame;
    const scale = ZOOM * devicePixelRatio;
    const [x, y] = this.#place;
    context.save();
    context.beginPath();
    context.rect(Math.max(0, from), 0, Math.min(pixels, to) - Math.max(0, from), pixels);
    context.clip();
    context.drawImage(
      picture,
      pixels / 2 - x * width * scale,
      pixels / 2 - y * height * scale,
      width * scale,
      height * scale,
    );
    context.restore();
  }

  #follow({ clientX, clientY }: PointerEvent): void {
    const { left, top, width, height } = this.#compare.frame.getBoundingClientRect();
    this.moveTo([(clientX - left) / width, (clientY - top) / height]);
  }

  #onKey(event: KeyboardEvent): void {
    const moves: Readonly<Record<string, readonly [number, number]>> = {
      ArrowLeft: [-1, 0],
      ArrowRight: [1, 0],
      ArrowUp: [0, -1],
      ArrowDown: [0, 1],
    };
    const move = moves[event.key];
    if (move === undefined) return;
    event.preventDefault();
    const [x, y] = this.#place;
    this.moveTo([x + KEY_STEP * move[0], y + KEY_STEP * move[1]]);
  }
}
