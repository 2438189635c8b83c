import { readFileSync } from 'node:fs';
import { createLpipsVgg } from '@latent-matte/models';
import * as tf from '@tensorflow/tfjs-core';
import { activateBackend } from './backend';
import { Fixture } from './fixture';
import { networkWeights } from './network-weights';
import { structuredImage, toNchw } from './stored-tensors';
export async function main(args: string[]) {
  await activateBackend(args[0]!);
  const f = new Fixture(new Uint8Array(readFileSync(`/work/shared/fixtures/${args[1]}.safetensors`)), 'x');
  const { hw } = f.json<{ hw: number[] }>('config');
  const net = createLpipsVgg(networkWeights(f, '/work/shared/fixtures'));
  const a = structuredImage(f, 'input:imageA', hw, .5, .5), b = structuredImage(f, 'input:imageB', hw, .5, .5);
  const g = tf.grad((x) => tf.sum(net.distance(x as tf.Tensor4D, b)))(a);
  const ours = toNchw(tf.mul(g, 50)).dataSync(); const ref = f.floats('grad');
  const [h, w] = hw as [number, number];
  const rows: number[] = [];
  let worst: [number, number, number][] = [];
  for (let y = 0; y < h; y++) { let e = 0; for (let c = 0; c < 3; c++) for (let x = 0; x < w; x++) { const i = (c * h + y) * w + x; const d = ours[i]! - ref[i]!; e += d * d; worst.push([Math.abs(d), y, x]); } rows.push(Math.sqrt(e)); }
  worst = worst.sort((p, q) => q[0] - p[0]).slice(0, 12);
  console.log(rows.map((r) => r.toExponential(0)).join(' ')); console.log(worst);
}
