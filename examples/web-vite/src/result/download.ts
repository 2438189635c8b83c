import { type RasterImage, toBlob } from '@latent-matte/backend-web/page';
import { announce, element } from '../elements';
import { PageError, showError } from '../notice';
import { cutOutPicture } from '../stage/layers';
import { type Background, compose } from '../stage/pictures';
import type { Shown } from './shown';

/** The buttons that save what is shown, and copy it. @param background what it is shown on */
export function offerDownloads(shown: () => Shown | undefined, background: () => Background): void {
  const offer = (id: string, act: (shown: Shown) => Promise<void>) => {
    element(id).addEventListener('click', () => {
      const now = shown();
      if (now !== undefined) void act(now).catch(showError);
    });
  };
  const onBackground = ({ layers }: Shown) =>
    encoded(compose(layers.foreground, layers.alpha, background()));
  const cutOut = ({ layers }: Shown) => toBlob(cutOutPicture(layers));
  offer('download-cut-out', async (now) => save(`${now.name}-cut-out.png`, await cutOut(now)));
  offer('download-on-background', async (now) =>
    save(`${now.name}-on-background.png`, await onBackground(now)),
  );
  offer('download-matte', async (now) =>
    save(`${now.name}-matte.png`, await toBlob(now.layers.alpha)),
  );
  offer('download-portrait', async (now) => {
    if (now.portrait !== undefined) {
      save(`${now.name}-portrait.png`, await toBlob(now.portrait));
    }
  });
  offer('copy', (now) => copy(cutOut(now)));
}

const encoded = ({ width, height, data }: ImageData): Promise<Blob> =>
  toBlob({ width, height, channels: 4, data } satisfies RasterImage);

export function save(name: string, file: Blob): void {
  const href = URL.createObjectURL(file);
  Object.assign(document.createElement('a'), { href, download: name }).click();
  // The browser has taken hold of it by then.
  setTimeout(() => URL.revokeObjectURL(href), 10_000);
  announce(`${name} was saved.`);
}

async function copy(picture: Promise<Blob>): Promise<void> {
  try {
    // A promise: Safari allows no waiting between the click and this call.
    await navigator.clipboard.write([new ClipboardItem({ 'image/png': picture })]);
  } catch (error) {
    throw new PageError(
      'The cut-out was not copied',
      `The browser refused: ${error instanceof Error ? error.message : String(error)}`,
      'Download it instead.',
    );
  }
  const button = element('copy');
  const label = button.textContent;
  button.textContent = 'Copied';
  announce('The cut-out was copied.');
  setTimeout(() => {
    button.textContent = label;
  }, 2000);
}
