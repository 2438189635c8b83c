/**
 * Pictures of one size side by side, on white.
 *
 * @param {{ width: number, height: number }} size of each
 * @param {((pixel: number, channel: number) => number)[][]} rows of pictures: pixel and channel → value in [0, 1]
 * @param {number} gap in pixels
 */
export function pictureGrid({ width, height }, rows, gap) {
  const columns = Math.max(...rows.map((row) => row.length));
  const grid = {
    width: columns * (width + gap) - gap,
    height: rows.length * (height + gap) - gap,
    channels: 3,
  };
  const data = new Float32Array(grid.width * grid.height * 3).fill(1);
  for (const [row, pictures] of rows.entries()) {
    for (const [column, valueAt] of pictures.entries()) {
      for (let p = 0; p < width * height; p++) {
        const x = column * (width + gap) + (p % width);
        const y = row * (height + gap) + Math.floor(p / width);
        for (let c = 0; c < 3; c++) {
          data[(y * grid.width + x) * 3 + c] = Math.min(1, Math.max(0, valueAt(p, c)));
        }
      }
    }
  }
  return { ...grid, data };
}
