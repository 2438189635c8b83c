// One photograph in a process of its own, `photo-run.mjs DEVICE enhance|cutout MEGAPIXELS`: CPU seconds and the largest
// resident memory in GB, as JSON. Plain JavaScript on the built packages: a compiler would be measured too.
import { cutOut, enhancePortrait, readImage, useNodeBackend } from '@latent-matte/backend-node';

const [, , device, work, megapixels] = process.argv;
await useNodeBackend({ device });
const small = await readImage(
  new URL('../../examples/quickstart/astronaut-portrait.png', import.meta.url).pathname,
);
const photo = enlarged(small, Math.sqrt((Number(megapixels) * 1e6) / (small.width * small.height)));
const start = process.cpuUsage();
const began = performance.now();
if (work === 'enhance') await enhancePortrait(photo, { steps: 2 });
else await cutOut(photo);
const { user, system } = process.cpuUsage(start);
console.log(
  JSON.stringify({
    cpu: (user + system) / 1e6,
    wall: (performance.now() - began) / 1000,
    gigabytes: process.resourceUsage().maxRSS / 2 ** 20,
  }),
);
process.exit(0);

/** Bilinear, so that there are no stairs. */
function enlarged({ width, height, channels, data }, factor) {
  const [w, h] = [Math.round(width * factor), Math.round(height * factor)];
  const result = new Uint8Array(w * h * channels);
  const scale = data instanceof Uint8Array ? 1 : 255;
  for (let y = 0; y < h; y++) {
    const v = Math.min(height - 1, y / factor);
    const [y0, y1] = [Math.floor(v), Math.min(height - 1, Math.floor(v) + 1)];
    for (let x = 0; x < w; x++) {
      const u = Math.min(width - 1, x / factor);
      const [x0, x1] = [Math.floor(u), Math.min(width - 1, Math.floor(u) + 1)];
      for (let c = 0; c < channels; c++) {
        const at = (row, column) => data[(row * width + column) * channels + c] * scale;
        const above = at(y0, x0) + (u - x0) * (at(y0, x1) - at(y0, x0));
        const below = at(y1, x0) + (u - x0) * (at(y1, x1) - at(y1, x0));
        result[(y * w + x) * channels + c] = Math.round(above + (v - y0) * (below - above));
      }
    }
  }
  return { width: w, height: h, channels, data: result };
}
