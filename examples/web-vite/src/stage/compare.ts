import { type FloatImage, type RasterImage, toImageData } from '@latent-matte/backend-web/page';
import { chosen, element, inside, onChosen } from '../elements';
import { Backdrop } from './backdrop';
import { gainAt, gainPosition, visibleGain } from './gain';
import type { Layers } from './layers';
import { amplifiedChange, compose, draw } from './pictures';

export type View = 'composite' | 'matte' | 'portrait' | 'change';

/** What the views are made of. */
export interface Scene {
  readonly photo: RasterImage;
  readonly cut?: Layers;
  /** What a search found. */
  readonly enhanced?: { readonly portrait: FloatImage; readonly layers: Layers };
}

type Pictures = readonly [before: RasterImage | ImageData, after: RasterImage | ImageData];

/** The picture with a divider between before and after. */
export class CompareView {
  readonly frame = element('frame');
  readonly before = inside<HTMLCanvasElement>(this.frame, '.before');
  readonly after = inside<HTMLCanvasElement>(this.frame, '.after');
  readonly #tags = [inside(this.frame, '.tag.left'), inside(this.frame, '.tag.right')] as const;
  readonly #views = element<HTMLFieldSetElement>('views');
  readonly #backgrounds = element('backgrounds');
  readonly #amplification = element('amplification');
  readonly #divider = element<HTMLInputElement>('divider');
  readonly #gain = element<HTMLInputElement>('gain');
  readonly #backdrop = new Backdrop(() => this.#draw());
  readonly #onDrawn: () => void;
  #scene: Scene | undefined;
  #source: ImageData | undefined;

  /** @param onDrawn the canvases or the divider have changed */
  constructor(onDrawn: () => void) {
    this.#onDrawn = onDrawn;
    this.#divider.addEventListener('input', () => this.#placeDivider());
    this.#gain.addEventListener('input', () => this.#draw());
    onChosen('view', () => this.#draw());
  }

  /** Where before ends and after begins, in [0, 1] from the left. */
  get split(): number {
    return Number(this.#divider.value) / 100;
  }

  set split(split: number) {
    this.#divider.value = String(100 * split);
    this.#placeDivider();
  }

  get backdrop(): Backdrop {
    return this.#backdrop;
  }

  show(scene: Scene): void {
    const { photo, cut, enhanced } = scene;
    if (photo !== this.#scene?.photo) this.#source = toImageData(photo);
    this.#scene = scene;
    this.frame.hidden = false;
    this.frame.classList.toggle('single', cut === undefined);
    this.#views.disabled = cut === undefined;
    for (const view of ['portrait', 'change']) this.#offer(view, enhanced !== undefined);
    if (enhanced !== undefined) {
      const gain = visibleGain(this.#source!, enhanced.portrait);
      this.#gain.value = String(gainPosition(gain));
    }
    // The frame has the proportions of the picture, as large as the stage allows.
    this.frame.style.setProperty('--ratio', String(photo.width / photo.height));
    this.#draw();
  }

  /** There is nothing to show. */
  hide(): void {
    this.#scene = undefined;
    this.frame.hidden = true;
    this.#views.disabled = true;
    this.#backgrounds.hidden = true;
  }

  /** A step of a search on the right, the cut-out that is shown on the left. */
  showStep(step: Layers): void {
    const cut = this.#scene?.cut;
    if (cut === undefined) return;
    const isMatte = chosen('view') === 'matte';
    const picture = ({ foreground, alpha }: Layers) =>
      isMatte ? alpha : compose(foreground, alpha, this.#backdrop.current);
    draw(this.before, picture(cut));
    draw(this.after, picture(step));
    this.#caption('Your cut-out', 'At this step');
    this.#onDrawn();
  }

  #offer(view: string, offered: boolean): void {
    const button = inside<HTMLInputElement>(this.#views, `[value="${view}"]`);
    button.disabled = !offered;
    button.parentElement!.hidden = !offered;
    if (!offered && button.checked) {
      inside<HTMLInputElement>(this.#views, '[value="composite"]').checked = true;
    }
  }

  #draw(): void {
    const scene = this.#scene;
    if (scene === undefined) return;
    const view = chosen('view') as View;
    const transparent = this.#backdrop.current.kind === 'transparent';
    this.#backgrounds.hidden = view !== 'composite' || scene.cut === undefined;
    this.#amplification.hidden = view !== 'change';
    this.frame.classList.toggle('checkers', view === 'composite' && transparent);
    const [before, after] = this.#pictures(view, scene);
    draw(this.before, before);
    draw(this.after, after);
    this.#caption(...this.#captions(view, scene));
    this.#onDrawn();
  }

  #pictures(view: View, { cut, enhanced }: Scene): Pictures {
    const photo = this.#source!;
    if (cut === undefined) return [photo, photo];
    const after = enhanced?.layers ?? cut;
    switch (view) {
      case 'composite': {
        const on = (layers: Layers) =>
          compose(layers.foreground, layers.alpha, this.#backdrop.current);
        return [enhanced === undefined ? photo : on(cut), on(after)];
      }
      case 'matte':
        return [enhanced === undefined ? photo : cut.alpha, after.alpha];
      case 'portrait':
        return [photo, enhanced!.portrait];
      case 'change':
        return [photo, amplifiedChange(photo, enhanced!.portrait, this.#amplified)];
    }
  }

  #captions(view: View, { cut, enhanced }: Scene): readonly [before: string, after: string] {
    if (cut === undefined) return ['Your photo', ''];
    switch (view) {
      case 'composite':
        return enhanced === undefined
          ? ['Photo', 'Cut out']
          : ['Cut from the photo', 'Cut from the enhanced'];
      case 'matte':
        return enhanced === undefined
          ? ['Photo', 'Matte']
          : ['Matte of the photo', 'Matte of the enhanced'];
      case 'portrait':
        return ['Photo', 'Enhanced'];
      case 'change':
        return ['Photo', `Change ×${this.#amplified}`];
    }
  }

  get #amplified(): number {
    return gainAt(Number(this.#gain.value));
  }

  #caption(before: string, after: string): void {
    this.before.setAttribute('aria-label', before);
    this.after.setAttribute('aria-label', after || before);
    this.#tags[0].textContent = before;
    this.#tags[1].textContent = after;
    inside(this.#amplification, 'output').textContent = `×${this.#amplified}`;
  }

  #placeDivider(): void {
    this.frame.style.setProperty('--split', `${this.#divider.value}%`);
    const { value } = this.#divider;
    this.#divider.setAttribute('aria-valuetext', `${Math.round(Number(value))} per cent before`);
    this.#onDrawn();
  }
}
