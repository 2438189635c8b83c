// pnpm bench [--json] [--device wasm|native|cpu]: ratios measured in one run. A ratio above 1 means ours is faster.
import { parseArgs } from 'node:util';
import {
  convolution,
  depthwiseConvolution,
  enhancePortrait,
  resize,
  useNodeBackend,
} from '@latent-matte/backend-node';
import * as tf from '@tensorflow/tfjs-core';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    device: { type: 'string', default: 'wasm' },
  },
});
const REPEATS = 7;

const backend = await useNodeBackend({ device: values.device });
if (!values.json) console.log(backend.description);

/** Median milliseconds of one run, after one to warm up. */
async function time(run) {
  const once = async () => {
    const start = performance.now();
    const result = tf.tidy(run);
    await result.data();
    result.dispose();
    return performance.now() - start;
  };
  await once();
  const times = [];
  for (let i = 0; i < REPEATS; i++) times.push(await once());
  return times.sort((a, b) => a - b)[REPEATS >> 1];
}

const rows = [];
/** Times ours and the stock operation alternately named in one row; a stock that throws is told as such. */
async function compare(name, ours, stock) {
  const own = await time(ours);
  let reference;
  try {
    reference = await time(stock);
  } catch (error) {
    rows.push({ name, own, stock: null, ratio: null, note: String(error.message).split('\n')[0] });
    return;
  }
  rows.push({ name, own, stock: reference, ratio: reference / own });
}

const gradient = (f) => (x) => tf.grad((y) => tf.sum(f(y)))(x);
for (const [side, channels, kernel] of [
  [128, 48, 1],
  [64, 64, 3],
  [128, 64, 3],
]) {
  const x = tf.randomNormal([1, side, side, channels], 0, 1, 'float32', 1);
  const filter = tf.randomNormal([kernel, kernel, channels, channels], 0, 0.1, 'float32', 2);
  const ours = (y) => convolution(y, { filter });
  const stock = (y) => tf.conv2d(y, filter, 1, 'same');
  const label = `${kernel}×${kernel} conv ${side}² ${channels}→${channels}`;
  await compare(
    `${label} forward`,
    () => ours(x),
    () => stock(x),
  );
  await compare(
    `${label} forward+backward`,
    () => gradient(ours)(x),
    () => gradient(stock)(x),
  );
}
{
  const x = tf.randomNormal([1, 128, 128, 48], 0, 1, 'float32', 1);
  const filter = tf.randomNormal([3, 3, 48, 1], 0, 0.1, 'float32', 2);
  const ours = (y) => depthwiseConvolution(y, { filter });
  const stock = (y) => tf.depthwiseConv2d(y, filter, 1, 'same');
  await compare(
    '3×3 depthwise 128² 48 forward',
    () => ours(x),
    () => stock(x),
  );
  await compare(
    '3×3 depthwise 128² 48 forward+backward',
    () => gradient(ours)(x),
    () => gradient(stock)(x),
  );
}
{
  const x = tf.randomNormal([1, 512, 512, 3], 0, 1, 'float32', 1);
  // The stock gradient of a half-pixel resize is wrong; it is timed all the same.
  const ours = (y) => resize(y, [256, 256]);
  const stock = (y) => tf.image.resizeBilinear(y, [256, 256], false, true);
  await compare(
    'resize 512² → 256² forward',
    () => ours(x),
    () => stock(x),
  );
  await compare(
    'resize 512² → 256² forward+backward',
    () => gradient(ours)(x),
    () => gradient(stock)(x),
  );
}

/** Seconds per step of the quickstart's loop, on noise in the shape of a portrait. */
async function step(size) {
  const data = new Float32Array(size * size * 3);
  const center = size / 2;
  for (let i = 0; i < size * size; i++) {
    const inside = Math.hypot((i % size) - center, Math.floor(i / size) - center) < size / 3;
    for (let c = 0; c < 3; c++) data[i * 3 + c] = inside ? [0.8, 0.6, 0.5][c] : [0.2, 0.4, 0.3][c];
  }
  const image = { width: size, height: size, channels: 3, data };
  const { seconds } = await enhancePortrait(image, { steps: 4, workingSize: size, select: 'last' });
  return seconds / 5;
}
const steps = {};
for (const size of [256, 512]) {
  try {
    steps[size] = await step(size);
  } catch (error) {
    steps[size] = String(error.message);
  }
}

if (values.json) {
  console.log(JSON.stringify({ device: backend.device, rows, secondsPerStep: steps }, null, 2));
} else {
  console.log(
    `${'operation'.padEnd(42)} ${'ours'.padStart(9)} ${'stock'.padStart(9)} ${'ratio'.padStart(7)}`,
  );
  for (const { name, own, stock, ratio, note } of rows) {
    const cells =
      ratio === null
        ? `stock fails: ${note}`
        : `${stock.toFixed(1).padStart(6)} ms ${ratio.toFixed(2).padStart(6)}×`;
    console.log(`${name.padEnd(42)} ${own.toFixed(1).padStart(6)} ms ${cells}`);
  }
  for (const [size, seconds] of Object.entries(steps)) {
    console.log(
      `one step of preset fast at ${size}²: ${typeof seconds === 'number' ? `${seconds.toFixed(2)} s` : seconds}`,
    );
  }
}
