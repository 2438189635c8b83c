import { Zip, ZipPassThrough } from 'fflate';
import type { Photo } from '../photos/photo';

/** All cut-outs in one archive. PNG files are not compressed again. */
export async function zipped(photos: readonly Photo[]): Promise<Blob> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const zip = new Zip((error, part) => {
    if (error) throw error;
    parts.push(new Uint8Array(part));
  });
  const taken = new Map<string, number>();
  for (const { name, cut } of photos) {
    if (cut === undefined) continue;
    const file = new ZipPassThrough(`${unique(name, taken)}-cut-out.${ending(cut.picture)}`);
    zip.add(file);
    file.push(new Uint8Array(await cut.picture.arrayBuffer()), true);
  }
  zip.end();
  return new Blob(parts, { type: 'application/zip' });
}

/** Two photos of one name get a number. */
function unique(name: string, taken: Map<string, number>): string {
  const count = (taken.get(name) ?? 0) + 1;
  taken.set(name, count);
  return count === 1 ? name : `${name}-${count}`;
}

const ending = ({ type }: Blob): string => (type === 'image/webp' ? 'webp' : 'png');
