import closeUp from '../examples/close-up.webp?url';
import closeUpCut from '../examples/close-up-cut-out.webp?url';
import examples from '../examples/examples.json';
import whole from '../examples/whole.webp?url';
import wholeCut from '../examples/whole-cut-out.webp?url';
import type { Photo } from './photo';

const addresses = {
  whole: [whole, wholeCut],
  'close-up': [closeUp, closeUpCut],
} as const;

/** Photos that were cut out when this page was made, by `make-examples.mjs`: there is something to see at once. */
export async function loadExamples(): Promise<Photo[]> {
  return await Promise.all(
    examples.map(async ({ name, confidence }) => {
      const [photo, cutOut] = addresses[name as keyof typeof addresses];
      const [file, picture] = await Promise.all([fetched(photo), fetched(cutOut)]);
      return {
        name: `astronaut-${name}`,
        file,
        thumbnail: photo,
        state: 'done',
        cut: { picture, confidence, warnings: [] },
        strokes: [],
      } satisfies Photo;
    }),
  );
}

async function fetched(address: string): Promise<Blob> {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address}: ${answer.status} ${answer.statusText}`);
  return await answer.blob();
}
