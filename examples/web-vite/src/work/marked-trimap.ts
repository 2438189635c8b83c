/** What was marked by hand at a pixel: nothing, background, or the person. */
export const UNMARKED = 0;
export const BACKGROUND = 1;
export const PERSON = 2;

/** How far a mark reaches, as a share of the picture's longest side on an even colour. */
const KNOWN_WITHIN = 0.06;
const UNKNOWN_WITHIN = 0.12;
/** What a step across black and white costs, as a share of the longest side. */
const COLOR_COST = 0.6;
/** Below and above, a matte is sure. */
const SURE = 0.04;

/**
 * The trimap of a matte with what was marked by hand. A mark takes along what is near it and coloured like it: the
 * geodesic distance
 *
 *     d(p) = min over paths from a mark of Σ (1 + c |ΔI|) / side
 *
 * (Criminisi, Sharp, Blake, GeoS, ECCV 2008) decides what it makes known, and what it leaves to the network around that.
 *
 * @param image RGB of 0…255, interleaved. @param alpha in [0, 1]. @param marks one number a pixel
 * @returns 0, 0.5 and 1: background, unknown, person
 */
export function markedTrimap(
  image: ArrayLike<number>,
  alpha: ArrayLike<number>,
  marks: Uint8Array,
  width: number,
  height: number,
): Float32Array {
  const near = [BACKGROUND, PERSON].map((kind) =>
    geodesicDistance(image, marks, kind, width, height),
  );
  const [toBackground, toPerson] = near as [Float32Array, Float32Array];
  return Float32Array.from(marks, (mark, i) => {
    if (mark !== UNMARKED) return mark === PERSON ? 1 : 0;
    const marked = toPerson[i]! < toBackground[i]! ? 1 : 0;
    const distance = Math.min(toPerson[i]!, toBackground[i]!);
    if (distance < KNOWN_WITHIN) return marked;
    if (distance < UNKNOWN_WITHIN) return 0.5;
    return alpha[i]! < SURE ? 0 : alpha[i]! > 1 - SURE ? 1 : 0.5;
  });
}

/** Sweeps over the picture and back until next to nothing gets nearer; two are enough for most pictures (Toivanen 1996). */
const SWEEPS = 3;

function geodesicDistance(
  image: ArrayLike<number>,
  marks: Uint8Array,
  kind: number,
  width: number,
  height: number,
): Float32Array {
  const side = Math.max(width, height);
  const distance = Float32Array.from(marks, (mark) =>
    mark === kind ? 0 : Number.POSITIVE_INFINITY,
  );
  const visit = (at: number, from: number, length: number): void => {
    const start = distance[from]!;
    if (start >= distance[at]!) return;
    let difference = 0;
    for (let c = 0; c < 3; c++) {
      difference = Math.max(difference, Math.abs(image[at * 3 + c]! - image[from * 3 + c]!));
    }
    const through = start + length / side + (COLOR_COST * difference) / 255;
    if (through < distance[at]!) distance[at] = through;
  };
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (const step of [1, -1]) {
      const [first, end] = step === 1 ? [0, height] : [height - 1, -1];
      for (let y = first!; y !== end; y += step) {
        const row = y - step >= 0 && y - step < height ? -step * width : 0;
        const [left, stop] = step === 1 ? [0, width] : [width - 1, -1];
        for (let x = left!; x !== stop; x += step) {
          const at = y * width + x;
          const behind = x - step >= 0 && x - step < width;
          const ahead = x + step >= 0 && x + step < width;
          if (behind) visit(at, at - step, 1);
          if (row === 0) continue;
          visit(at, at + row, 1);
          if (behind) visit(at, at + row - step, Math.SQRT2);
          if (ahead) visit(at, at + row + step, Math.SQRT2);
        }
      }
    }
  }
  return distance;
}
