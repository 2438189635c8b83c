import { estimateForeground } from '@latent-matte/backend-node';
import type { ForegroundMethod } from '@latent-matte/backend-node/core';
import { measureMatte } from '@latent-matte/backend-node/evaluate';
import { multiLevelOnTensors, solveClosedForm } from '@latent-matte/backend-node/ops';
import { mockComposite } from '@latent-matte/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import type { Section } from '../section';

/** Closed form is slow enough to be measured on less. */
const sides: Record<ForegroundMethod, number> = {
  'multi-level': 1024,
  'blur-fusion': 1024,
  'closed-form': 384,
};

export const foreground: Section = {
  name: 'foreground',
  title: 'foreground estimation on plain images, per megapixel, and the metrics at 10 megapixels',
  async run(bench) {
    for (const [method, side] of Object.entries(sides) as [ForegroundMethod, number][]) {
      const scene = mockComposite(side, side);
      const milliseconds = await bench.time(() =>
        estimateForeground(scene.image, scene.alpha, { method }),
      );
      const seconds = milliseconds / 1000 / ((side * side) / 1e6);
      bench.report(`${method} ${side}²`, seconds, 's/MP');
      const { foreground: found } = await estimateForeground(scene.image, scene.alpha, { method });
      const error = visibleError(found.data, scene.foreground.data, scene.alpha.data);
      bench.report(`${method} ${side}², mean α|F − F_true| at soft edges`, error, '');
    }
    const { image, alpha } = mockComposite(384, 384);
    const { iterations } = solveClosedForm(image.data, alpha.data, 384, 384);
    bench.report('closed-form 384², iterations per colour', iterations / 3, '');
    const tensors = [
      tf.tensor4d(image.data, [1, 384, 384, 3]),
      tf.tensor4d(alpha.data, [1, 384, 384, 1]),
    ] as const;
    await bench.compare(
      'multi-level 384²: red-black on the device, raster order on the CPU',
      () => Object.values(multiLevelOnTensors(...tensors)),
      () => estimateForeground(image, alpha),
    );
    tf.dispose([...tensors]);
    await metrics(bench);
  },
};

async function metrics(bench: Parameters<Section['run']>[0]): Promise<void> {
  const [width, height] = [3652, 2739];
  const { alpha } = mockComposite(width, height);
  const bytes = (shift: number) => ({
    ...alpha,
    data: Uint8Array.from(alpha.data, (value, i) =>
      Math.min(255, Math.max(0, Math.round(value * 255) + ((i * shift) % 7) - 3)),
    ),
  });
  const [predicted, truth] = [bytes(5), bytes(3)];
  const milliseconds = await bench.time(async () => measureMatte(predicted, truth));
  bench.report('Grad, Conn, MSE, SAD of 10 MP, whole image', milliseconds / 1000, 's', 'goal: 3 s');
}

/** Mean of α|F − F_true| where 0 < α < 1. */
function visibleError(found: Float32Array, truth: Float32Array, alpha: Float32Array): number {
  let [sum, count] = [0, 0];
  for (let i = 0; i < truth.length; i++) {
    const a = alpha[Math.floor(i / 3)]!;
    if (a <= 0 || a >= 1) continue;
    sum += a * Math.abs(found[i]! - truth[i]!);
    count++;
  }
  return sum / count;
}
