import { element } from './elements';
import { showError } from './notice';
import sample from './sample.png?url';

/**
 * Photos that are dropped anywhere, pasted, chosen, or the sample.
 *
 * @param free whether a photo can be taken in now; where not, the cursor says so
 */
export function acceptPhotos(
  onPhoto: (file: Blob, name: string) => void,
  free: () => boolean,
): void {
  const input = element<HTMLInputElement>('file');
  const picker = element('picker');
  const take = (files: FileList | undefined | null) => {
    const file = files?.[0];
    if (file !== undefined) onPhoto(file, file.name);
  };
  input.addEventListener('change', () => {
    take(input.files);
    // The same file may be chosen again.
    input.value = '';
  });
  addEventListener('paste', ({ clipboardData }) => take(clipboardData?.files));
  addEventListener('dragover', (event) => {
    // Otherwise the browser would open the file in place of the page.
    event.preventDefault();
    event.dataTransfer!.dropEffect = free() ? 'copy' : 'none';
    picker.classList.add('over');
  });
  addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) picker.classList.remove('over');
  });
  addEventListener('drop', (event) => {
    event.preventDefault();
    picker.classList.remove('over');
    take(event.dataTransfer?.files);
  });
  element('sample').addEventListener('click', async () => {
    try {
      onPhoto(await (await fetch(sample)).blob(), 'astronaut.png');
    } catch (error) {
      showError(error);
    }
  });
}
