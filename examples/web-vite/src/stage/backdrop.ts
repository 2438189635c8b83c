import { chosen, element, onChosen } from '../elements';
import { PageError, showError } from '../notice';
import { type Background, parseColor } from './pictures';

/** What the person is laid over: the swatches below the picture. */
export class Backdrop {
  readonly #ownColor = element<HTMLInputElement>('own-color');
  readonly #onChange: () => void;
  #ownPicture: ImageBitmap | undefined;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
    onChosen('background', onChange);
    this.#ownColor.addEventListener('input', onChange);
    const picture = element<HTMLInputElement>('own-picture');
    picture.addEventListener('change', () => {
      const [file] = picture.files ?? [];
      if (file !== undefined) void this.#usePicture(file);
    });
  }

  get current(): Background {
    const value = chosen('background');
    if (value === 'transparent') return { kind: 'transparent' };
    if (value === 'picture') {
      // Until a picture is chosen there is nothing behind the person.
      return this.#ownPicture === undefined
        ? { kind: 'transparent' }
        : { kind: 'picture', picture: this.#ownPicture };
    }
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
    this.#onChange();
  }
}
