import { type Enhancement, type RasterImage, toBlob, withAlpha } from '@latent-matte/backend-web';
import { announce, element } from './elements';
import { showError } from './notice';

/** Makes the buttons save the pictures of this result. */
export function offerDownloads(
  name: string,
  { portrait, foreground, enhanced }: Enhancement,
): void {
  const offer = (id: string, suffix: string, picture: () => RasterImage) => {
    element(id).onclick = () => void save(`${name}-${suffix}.png`, picture).catch(showError);
  };
  offer('download-cut-out', 'cut-out', () => withAlpha(foreground, enhanced.alpha));
  offer('download-portrait', 'portrait', () => portrait);
  offer('download-matte', 'matte', () => enhanced.alpha);
}

async function save(name: string, picture: () => RasterImage): Promise<void> {
  const href = URL.createObjectURL(await toBlob(picture()));
  Object.assign(document.createElement('a'), { href, download: name }).click();
  // The browser has taken hold of it by then.
  setTimeout(() => URL.revokeObjectURL(href), 10_000);
  announce(`${name} was saved.`);
}
