import type { Enhancement, FloatImage, RasterImage } from '@latent-matte/backend-web/page';

/** A change of alpha that is seen on a plain colour. */
const VISIBLE = 0.05;

/** What a search did, in one sentence for a person. @param before the matte of the cut-out that it is compared with */
export function changeInWords(
  photo: RasterImage,
  before: FloatImage,
  { portrait, alpha, history, bestStep }: Enhancement,
): string {
  let moved = 0;
  for (let i = 0; i < alpha.data.length; i++) {
    if (Math.abs(alpha.data[i]! - before.data[i]!) > VISIBLE) moved++;
  }
  const step = (wanted: number) => history.find(({ step }) => step === wanted)?.criterion;
  const [first, best] = [step(0), step(bestStep)];
  const nearer =
    first && best !== undefined
      ? ` Its matte is ${percent(1 - best / first)} nearer to what many views of the photo say together.`
      : '';
  return (
    `Edges changed in ${percent(moved / alpha.data.length)} of the picture.${nearer} ` +
    `No pixel of the photo moved by more than ${largestChange(photo, portrait)} of 255.`
  );
}

function largestChange(photo: RasterImage, portrait: FloatImage): number {
  let largest = 0;
  for (let p = 0; p < photo.width * photo.height; p++) {
    for (let c = 0; c < 3; c++) {
      const change = portrait.data[p * 3 + c]! * 255 - photo.data[p * photo.channels + c]!;
      largest = Math.max(largest, Math.abs(change));
    }
  }
  return Math.ceil(largest);
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
