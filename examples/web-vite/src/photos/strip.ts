import { element } from '../elements';
import type { Photo, PhotoState } from './photo';

const inWords: Readonly<Record<PhotoState, string>> = {
  waiting: 'waiting',
  working: 'being cut out',
  done: 'cut out',
  failed: 'not cut out',
  cancelled: 'cancelled',
};

/** The row of photos: which there are, how far each is, and which is looked at. */
export class PhotoStrip {
  readonly #list = element('strip');
  readonly #onChosen: (photo: Photo) => void;
  readonly #buttons = new Map<Photo, HTMLButtonElement>();

  constructor(onChosen: (photo: Photo) => void) {
    this.#onChosen = onChosen;
  }

  add(photo: Photo): void {
    const button = document.createElement('button');
    button.type = 'button';
    const picture = Object.assign(document.createElement('img'), { src: photo.thumbnail, alt: '' });
    button.append(picture, document.createElement('span'));
    button.addEventListener('click', () => this.#onChosen(photo));
    const item = document.createElement('li');
    item.append(button);
    this.#list.append(item);
    this.#buttons.set(photo, button);
    this.update(photo);
  }

  update(photo: Photo): void {
    const button = this.#buttons.get(photo)!;
    button.dataset.state = photo.state;
    button.setAttribute('aria-label', `${photo.name}, ${inWords[photo.state]}`);
    button.title = photo.name;
  }

  select(photo: Photo): void {
    for (const [other, button] of this.#buttons) {
      button.setAttribute('aria-pressed', String(other === photo));
    }
    this.#buttons.get(photo)!.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }

  /** While a search runs, the photo that it is about stays. */
  set locked(locked: boolean) {
    for (const button of this.#buttons.values()) button.disabled = locked;
  }
}
