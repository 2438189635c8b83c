import { element } from '../elements';

/** Photos that are dropped anywhere, pasted, or chosen; one or many. */
export function acceptPhotos(onFiles: (files: readonly File[]) => void): void {
  const input = element<HTMLInputElement>('file');
  const take = (files: FileList | undefined | null) => {
    if (files?.length) onFiles([...files]);
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
    event.dataTransfer!.dropEffect = 'copy';
    document.body.classList.add('over');
  });
  addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) document.body.classList.remove('over');
  });
  addEventListener('drop', (event) => {
    event.preventDefault();
    document.body.classList.remove('over');
    take(event.dataTransfer?.files);
  });
}
