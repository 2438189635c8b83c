import { rename } from 'node:fs/promises';
import type * as tf from '@tensorflow/tfjs-core';
import sharp, { type OverlayOptions } from 'sharp';

/**
 * Rows of pictures in [−1, 1] as one PNG or JPEG, chosen by the ending of `file`.
 *
 * @param rows each `[N, side, side, 3]`; sides may differ, the largest counts
 * @param side of one tile; default: the largest
 */
export async function writeGrid(
  file: string,
  rows: readonly tf.Tensor4D[],
  side = Math.max(...rows.map((row) => row.shape[1])),
): Promise<void> {
  const columns = Math.max(...rows.map((row) => row.shape[0]));
  const tiles: OverlayOptions[] = [];
  for (const [y, row] of rows.entries()) {
    const [count, height, width] = row.shape;
    const values = await row.data();
    const size = height * width * 3;
    for (let x = 0; x < count; x++) {
      const bytes = Uint8Array.from(values.subarray(x * size, (x + 1) * size), (v) =>
        Math.max(0, Math.min(255, Math.round((v + 1) * 127.5))),
      );
      const raw = { width, height, channels: 3 as const };
      const input = await sharp(bytes, { raw }).resize(side, side).png().toBuffer();
      tiles.push({ input, left: x * side, top: y * side });
    }
  }
  const create = {
    width: columns * side,
    height: rows.length * side,
    channels: 3 as const,
    background: '#fff',
  };
  const picture = sharp({ create }).composite(tiles);
  const ready = file.endsWith('.jpg') ? picture.jpeg({ quality: 88 }) : picture.png();
  await ready.toFile(`${file}.part`);
  await rename(`${file}.part`, file);
}

/** Curves over the steps of a training as one PNG, each scaled to its own range (written beside it). */
export async function writeCurves(
  file: string,
  lines: readonly Readonly<Record<string, number>>[],
): Promise<void> {
  const names = [...new Set(lines.flatMap((line) => Object.keys(line)))].filter(
    (n) => n !== 'step',
  );
  const [width, height] = [640, 120];
  const plots = names.map((name, i) => {
    const points = lines.flatMap((line) =>
      name in line ? [[line.step, line[name]] as const] : [],
    );
    const values = points.map(([, value]) => value);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const last = Math.max(1, ...lines.map((line) => line.step));
    const path = points
      .map(([step, value]) => {
        const x = (step / last) * (width - 20) + 10;
        const y = i * height + 110 - ((value - low) / (high - low || 1)) * 90;
        return `${x.toFixed(1)},${y.toFixed(1)}`;
      })
      .join(' ');
    const label = `${name}: ${low.toPrecision(4)} … ${high.toPrecision(4)}, last ${values.at(-1)?.toPrecision(4)}`;
    return `<text x="10" y="${i * height + 14}" font-size="12" font-family="sans-serif">${label}</text><polyline points="${path}" fill="none" stroke="#246" stroke-width="1.5"/>`;
  });
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height * names.length}"><rect width="100%" height="100%" fill="#fff"/>${plots.join('')}</svg>`;
  await sharp(Buffer.from(svg)).png().toFile(`${file}.part`);
  await rename(`${file}.part`, file);
}
