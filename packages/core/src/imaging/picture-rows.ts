import type { FloatImage, RasterImage } from '../contracts';
import { clipUnit } from './clip-unit';
import type { Region } from './crop-image';
import { elementKind } from './element-kind';
import { fullScale } from './full-scale';

const FLOAT = 'Float32Array';

/** A picture that is read from the top, row by row, and need not be in memory at any time. */
export interface PictureRows {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3 | 4;
  /** Rows of `width · channels` values in [0, 1], in arrays that the next row may overwrite. Each call begins anew. */
  rows(): Iterable<Float32Array>;
  /** Any row, where that needs none of the rows above it; valid until the next is asked for. */
  readonly row?: RowAt;
}

/** A row of a picture by its place, valid until the next is asked for. */
export type RowAt = (y: number) => Float32Array;

export type Picture = RasterImage | PictureRows;

/** Pictures made by {@link pictureOfRows}, and where their pixels come from. */
const origins = new WeakMap<object, PictureRows>();

/**
 * A picture whose pixels are made when `data` is read first, and kept from then on. A result of many megapixels that
 * nobody looks at costs nothing.
 *
 * @param rows give the same values each time
 */
export function pictureOfRows(rows: PictureRows): FloatImage {
  const { width, height, channels } = rows;
  let data: Float32Array | undefined;
  const picture: FloatImage = {
    width,
    height,
    channels,
    get data() {
      data ??= readRows(rows).data;
      return data;
    },
  };
  origins.set(picture, {
    width,
    height,
    channels,
    rows: () => (data === undefined ? rows.rows() : rowsOfFloats({ ...rows, data })),
    ...(rows.row && { row: rows.row }),
  });
  return picture;
}

/** Whether a picture is one of {@link pictureOfRows}, whose `data` is better not asked for. */
export const isOfRows = (picture: object): boolean => origins.has(picture);

/** The rows of any picture as floats, whatever its depth. */
export function rowsOf(picture: Picture): PictureRows {
  if ('rows' in picture) return picture;
  const origin = origins.get(picture);
  if (origin !== undefined) return origin;
  const { width, height, channels } = picture;
  const read =
    elementKind(picture.data) === FLOAT
      ? () => rowsOfFloats(picture as FloatImage)
      : () => rowsOfIntegers(picture);
  return { width, height, channels, rows: read };
}

/** The pixels of a picture, in memory of the caller's own; a picture of rows does not keep them. */
export function readRows(picture: Picture): FloatImage {
  const { width, height, channels, rows } = rowsOf(picture);
  const data = new Float32Array(width * height * channels);
  let at = 0;
  for (const row of rows()) {
    data.set(row, at);
    at += row.length;
  }
  return { width, height, channels, data };
}

/** The rows of a picture in any order; it is read as a whole where it cannot give them so. */
export function rowReader(picture: Picture): RowAt {
  const { row } = rowsOf(picture);
  if (row !== undefined) return row;
  const isFloat = 'data' in picture && !isOfRows(picture) && elementKind(picture.data) === FLOAT;
  const { data, width, channels } = isFloat ? (picture as FloatImage) : readRows(picture);
  const length = width * channels;
  return (y) => data.subarray(y * length, (y + 1) * length);
}

/** The rows in [0, 1], in an array that may be written to. */
export function clippedRows(picture: Picture): PictureRows {
  const { width, height, channels, rows } = rowsOf(picture);
  return {
    width,
    height,
    channels,
    *rows() {
      const clipped = new Float32Array(width * channels);
      for (const row of rows()) {
        for (let i = 0; i < row.length; i++) clipped[i] = clipUnit(row[i]);
        yield clipped;
      }
    },
  };
}

/** A picture and a change of it, added up and clipped to [0, 1]. @param change rows of its size, anew at each call */
export function changedRows(picture: Picture, change: () => Iterable<Float32Array>): PictureRows {
  const { width, height, channels, rows } = rowsOf(picture);
  return {
    width,
    height,
    channels,
    *rows() {
      const changes = change()[Symbol.iterator]();
      const changed = new Float32Array(width * channels);
      for (const row of rows()) {
        const by = changes.next().value as Float32Array;
        for (let i = 0; i < row.length; i++) changed[i] = clipUnit(row[i] + by[i]);
        yield changed;
      }
    },
  };
}

/** {@link readRows}, in [0, 1]. */
export const clippedCopy = (picture: Picture): FloatImage => readRows(clippedRows(picture));

/** A part of a picture. */
export function croppedRows(picture: Picture, { top, left, height, width }: Region): PictureRows {
  const whole = rowsOf(picture);
  const { channels } = whole;
  return {
    width,
    height,
    channels,
    *rows() {
      let y = 0;
      for (const row of whole.rows()) {
        if (y >= top + height) return;
        if (y >= top) yield row.subarray(left * channels, (left + width) * channels);
        y++;
      }
    },
  };
}

/** RGB and one channel of opacity as RGBA. */
export function rowsWithAlpha(colors: Picture, alpha: Picture): PictureRows {
  const { width, height, rows } = rowsOf(colors);
  return {
    width,
    height,
    channels: 4,
    *rows() {
      const joined = new Float32Array(width * 4);
      const opacities = rowsOf(alpha).rows()[Symbol.iterator]();
      for (const row of rows()) {
        const opacity = opacities.next().value as Float32Array;
        for (let x = 0; x < width; x++) {
          joined[x * 4] = row[x * 3];
          joined[x * 4 + 1] = row[x * 3 + 1];
          joined[x * 4 + 2] = row[x * 3 + 2];
          joined[x * 4 + 3] = opacity[x];
        }
        yield joined;
      }
    },
  };
}

function* rowsOfFloats({ width, height, channels, data }: FloatImage): Iterable<Float32Array> {
  const length = width * channels;
  for (let y = 0; y < height; y++) yield data.subarray(y * length, (y + 1) * length);
}

function* rowsOfIntegers(image: RasterImage): Iterable<Float32Array> {
  const { width, height, channels, data } = image;
  const row = new Float32Array(width * channels);
  const scale = 1 / fullScale(image);
  for (let y = 0, at = 0; y < height; y++) {
    for (let i = 0; i < row.length; i++) row[i] = data[at++] * scale;
    yield row;
  }
}
