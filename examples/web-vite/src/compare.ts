import type { Enhancement, FloatImage, RasterImage } from '@latent-matte/backend-web';
import { toImageData } from '@latent-matte/backend-web';
import { chosen, element, inside, onChosen } from './elements';
import { PageError, showError } from './notice';
import { amplifiedChange, type Background, compose, draw, parseColor } from './pictures';

export type View = 'portrait' | 'matte' | 'composite' | 'change';

/** What the four views are made of. */
export interface Compared {
  readonly photo: RasterImage;
  readonly enhancement: Enhancement;
  /** Colours of the person in the photo, by its own matte; asked for once, when a composite is first looked at. */
  originalForeground(): Promise<FloatImage>;
}

const captions: Readonly<Record<View, readonly [before: string, after: string]>> = {
  portrait: ['Photo', 'Enhanced'],
  matte: ['Matte of the photo', 'Matte of the enhanced'],
  composite: ['Cut from the photo', 'Cut from the enhanced'],
  change: ['Photo', 'Change, amplified'],
};

/** The picture with a divider between before and after. */
export class CompareView {
  readonly #figure = element('compare');
  readonly #frame = inside(this.#figure, '.frame');
  readonly #before = inside<HTMLCanvasElement>(this.#figure, '.before');
  readonly #after = inside<HTMLCanvasElement>(this.#figure, '.after');
  readonly #tags = [inside(this.#figure, '.tag.left'), inside(this.#figure, '.tag.right')] as const;
  readonly #views = element<HTMLFieldSetElement>('views');
  readonly #backgrounds = element('backgrounds');
  readonly #amplification = element('amplification');
  readonly #divider = element<HTMLInputElement>('divider');
  readonly #gain = element<HTMLInputElement>('gain');
  readonly #ownColor = element<HTMLInputElement>('own-color');
  #compared: Compared | undefined;
  #source: ImageData | undefined;
  #foreground: Promise<FloatImage> | undefined;
  #ownPicture: ImageBitmap | undefined;
  /** Grows with every drawing, so that one that waited can tell that it is late. */
  #drawing = 0;

  constructor() {
    this.#divider.addEventListener('input', () => this.#placeDivider());
    this.#gain.addEventListener('input', () => this.#draw());
    onChosen('view', () => this.#draw());
    onChosen('background', () => this.#draw());
    this.#ownColor.addEventListener('input', () => this.#draw());
    const picture = element<HTMLInputElement>('own-picture');
    picture.addEventListener('change', () => {
      const [file] = picture.files ?? [];
      if (file !== undefined) void this.#usePicture(file);
    });
  }

  /** Only the photo, before anything was computed. */
  showPhoto(photo: RasterImage): void {
    this.#compared = undefined;
    this.#foreground = undefined;
    this.#source = toImageData(photo);
    draw(this.#before, this.#source);
    draw(this.#after, this.#source);
    this.#before.setAttribute('aria-label', 'Your photo');
    this.#after.setAttribute('aria-hidden', 'true');
    this.#figure.classList.add('single');
    this.#views.hidden = true;
    this.#backgrounds.hidden = true;
    this.#amplification.hidden = true;
    this.#fit();
  }

  showResult(compared: Compared): void {
    this.#compared = compared;
    this.#foreground = undefined;
    this.#after.removeAttribute('aria-hidden');
    this.#figure.classList.remove('single');
    this.#views.hidden = false;
    this.#divider.value = '50';
    this.#gain.value = String(
      gainPosition(visibleGain(this.#source!, compared.enhancement.portrait)),
    );
    this.#placeDivider();
    this.#draw();
  }

  #draw(): void {
    if (this.#compared === undefined) return;
    void this.#drawView(chosen('view') as View, this.#compared, ++this.#drawing).catch(showError);
  }

  async #drawView(view: View, compared: Compared, drawing: number): Promise<void> {
    const { enhancement } = compared;
    this.#backgrounds.hidden = view !== 'composite';
    this.#amplification.hidden = view !== 'change';
    const [before, after] = captions[view];
    const gain = gainAt(Number(this.#gain.value));
    inside(this.#amplification, 'output').textContent = `×${gain}`;
    let pictures: readonly [RasterImage | ImageData, RasterImage | ImageData];
    switch (view) {
      case 'portrait':
        pictures = [this.#source!, enhancement.portrait];
        break;
      case 'matte':
        pictures = [enhancement.original.alpha, enhancement.enhanced.alpha];
        break;
      case 'change':
        pictures = [this.#source!, amplifiedChange(this.#source!, enhancement.portrait, gain)];
        break;
      case 'composite': {
        this.#foreground ??= compared.originalForeground();
        const original = await this.#foreground;
        const background = this.#background();
        pictures = [
          compose(original, enhancement.original.alpha, background),
          compose(enhancement.foreground, enhancement.enhanced.alpha, background),
        ];
      }
    }
    if (drawing !== this.#drawing) return;
    draw(this.#before, pictures[0]);
    draw(this.#after, pictures[1]);
    this.#before.setAttribute('aria-label', before);
    this.#after.setAttribute('aria-label', view === 'change' ? `${after} ${gain} times` : after);
    this.#tags[0].textContent = before;
    this.#tags[1].textContent = view === 'change' ? `Change ×${gain}` : after;
    this.#frame.classList.toggle(
      'checkers',
      view === 'composite' && chosen('background') === 'transparent',
    );
    this.#fit();
  }

  #background(): Background {
    const value = chosen('background');
    // Until a picture is chosen there is nothing behind the person.
    if (value === 'picture' && this.#ownPicture !== undefined) {
      return { kind: 'picture', picture: this.#ownPicture };
    }
    if (isTransparent(value)) return { kind: 'transparent' };
    return { kind: 'color', color: parseColor(value === 'own' ? this.#ownColor.value : value) };
  }

  async #usePicture(file: File): Promise<void> {
    try {
      this.#ownPicture = await createImageBitmap(file);
    } catch {
      showError(
        new PageError(
          'This is not a picture that can be read',
          `${file.name} cannot be decoded.`,
          'Choose a JPEG, PNG or WebP picture.',
        ),
      );
      return;
    }
    this.#draw();
  }

  /** The frame has the proportions of the picture, as large as the stage allows. */
  #fit(): void {
    const { width, height } = this.#source!;
    element('viewer').style.setProperty('--ratio', String(width / height));
  }

  #placeDivider(): void {
    this.#frame.style.setProperty('--split', `${this.#divider.value}%`);
    const { value } = this.#divider;
    this.#divider.setAttribute('aria-valuetext', `${Math.round(Number(value))} per cent before`);
  }
}

const isTransparent = (background: string): boolean =>
  background === 'transparent' || background === 'picture';

/** Round amplifications, ×1 to ×200, evenly along the slider. */
const gains = [1, 2, 5, 10, 20, 50, 100, 200];
const gainAt = (position: number): number =>
  gains[Math.round((position / 100) * (gains.length - 1))];
const gainPosition = (gain: number): number => (100 * gains.indexOf(gain)) / (gains.length - 1);

/** The largest amplification that leaves nearly all of the change within the range of a screen. */
function visibleGain(source: ImageData, portrait: FloatImage): number {
  const fits = (gain: number): boolean => {
    let outside = 0;
    for (let p = 0; p < source.width * source.height; p++) {
      for (let c = 0; c < 3; c++) {
        const change = portrait.data[p * 3 + c] * 255 - source.data[p * 4 + c];
        if (Math.abs(change) * gain > 127) outside++;
      }
    }
    return outside <= 0.005 * portrait.data.length;
  };
  return gains.findLast(fits) ?? 1;
}
