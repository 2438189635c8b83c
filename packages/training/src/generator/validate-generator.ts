import { createRandom } from '@latent-matte/core';
import { BASE_SIDE, ENCODER_SIDE } from '@latent-matte/models/internals';
import * as tf from '@tensorflow/tfjs-core';
import { drawCodes } from './codes';
import { baseCode, codeOffsets } from './encoder';
import type { Faces } from './faces';
import { writeGrid } from './pictures';
import type { FeatureNetwork } from './squeezenet';
import { drawNoise, trainableSynthesis, type Variables } from './synthesis';

/** Reconstructions of the held-out faces from all codes and from the shared code, and a picture to look at. */
export async function validateGenerator(
  faces: Faces,
  generator: Variables,
  encoder: Variables,
  {
    levels,
    rows,
    features,
    spread,
    file,
  }: {
    levels: number;
    rows: number;
    features: FeatureNetwork | undefined;
    spread: Float32Array;
    file: string;
  },
): Promise<Record<string, number>> {
  const side = 2 ** (levels + 1);
  const figures: Record<string, number> = {};
  const shown: tf.Tensor4D[][] = [[], [], []];
  const chunk = 7;
  for (let from = 0; from + chunk <= faces.count; from += chunk) {
    const picks = Array.from({ length: chunk }, (_, i) => from + i);
    tf.tidy(() => {
      const target = faces.batch(picks, side);
      const shared = tf.expandDims(baseCode(encoder, faces.batch(picks, BASE_SIDE)), 1);
      const offsets = codeOffsets(encoder, faces.batch(picks, ENCODER_SIDE), rows);
      const run = (styles: tf.Tensor) =>
        tf.clipByValue(
          trainableSynthesis(
            generator,
            styles as tf.Tensor3D,
            drawNoise(createRandom(from), chunk, levels),
            levels,
          ),
          -1,
          1,
        ) as tf.Tensor4D;
      const results = { W: run(shared), 'W+': run(tf.add(shared, offsets)) };
      for (const [name, image] of Object.entries(results)) {
        const error = tf.mean(tf.squaredDifference(image, target), [1, 2, 3]);
        const psnr = tf.sum(tf.mul(tf.log(tf.div(4, error)), 10 / Math.LN10)).dataSync()[0];
        figures[`PSNR ${name}`] = (figures[`PSNR ${name}`] ?? 0) + psnr / faces.count;
        if (features === undefined || side < 32) continue;
        const distance = tf.sum(features.distance(image, target)).dataSync()[0];
        figures[`LPIPS ${name}`] = (figures[`LPIPS ${name}`] ?? 0) + distance / faces.count;
      }
      if (from < 2 * chunk) {
        [target, results['W+'], results.W].forEach((row, i) => {
          shown[i].push(tf.keep(tf.clone(row)));
        });
      }
    });
  }
  const samples = tf.tidy(() => {
    const styles = tf.mul(drawCodes(createRandom(5), spread, 14, rows), 0.8) as tf.Tensor3D;
    return trainableSynthesis(generator, styles, drawNoise(createRandom(6), 14, levels), levels);
  });
  const lines = shown.map((row) => tf.concat(row) as tf.Tensor4D);
  await writeGrid(file, [...lines, samples], Math.min(128, Math.max(64, side)));
  tf.dispose([shown, lines, samples]);
  return figures;
}
