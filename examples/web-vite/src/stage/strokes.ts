export type Mark = 'person' | 'background';

/** A stroke of the brush; places are shares of width and height. */
export interface Stroke {
  readonly mark: Mark;
  /** A share of the longest side. */
  readonly radius: number;
  readonly points: (readonly [x: number, y: number])[];
}

/** Draws strokes on a canvas of any size. */
export function drawStrokes(
  context: CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D,
  strokes: readonly Stroke[],
  colors: Readonly<Record<Mark, string>>,
): void {
  const { width, height } = context.canvas;
  context.lineCap = 'round';
  context.lineJoin = 'round';
  for (const { mark, radius, points } of strokes) {
    context.strokeStyle = colors[mark];
    context.lineWidth = 2 * radius * Math.max(width, height);
    context.beginPath();
    for (const [x, y] of points) context.lineTo(x * width, y * height);
    // A dab has no length, and is drawn all the same.
    const [x, y] = points[0]!;
    if (points.length === 1) context.lineTo(x * width + 0.01, y * height);
    context.stroke();
  }
}

/** The longest side of what the worker is given. */
const SIDE = 512;

/** Strokes as pixels: 0 nothing, 1 background, 2 person. Where strokes cross, the last one holds. */
export function rasterizedStrokes(
  strokes: readonly Stroke[],
  photo: { readonly width: number; readonly height: number },
): { width: number; height: number; data: Uint8Array } {
  const scale = SIDE / Math.max(photo.width, photo.height);
  const width = Math.max(1, Math.round(photo.width * scale));
  const height = Math.max(1, Math.round(photo.height * scale));
  const context = new OffscreenCanvas(width, height).getContext('2d', {
    willReadFrequently: true,
  })!;
  drawStrokes(context, strokes, { person: '#f00', background: '#00f' });
  const { data } = context.getImageData(0, 0, width, height);
  const marks = new Uint8Array(width * height);
  for (let p = 0; p < marks.length; p++) {
    if (data[p * 4 + 3]! > 127) marks[p] = data[p * 4]! > data[p * 4 + 2]! ? 2 : 1;
  }
  return { width, height, data: marks };
}
