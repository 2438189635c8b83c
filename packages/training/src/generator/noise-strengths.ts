import { createRandom } from '@latent-matte/core';
import { BASE_SIDE, noiseSide } from '@latent-matte/models/internals';
import * as tf from '@tensorflow/tfjs-core';
import { baseCode } from './encoder';
import type { Faces } from './faces';
import { NOISE_STRENGTH, trainableSynthesis, type Variables } from './synthesis';

/** Root mean square change of the picture, of its whole range, by one unit of noise in one map. */
const CHANGE_PER_UNIT = 0.01;
const FACES = 4;
/** A map without effect would get an endless strength. */
const LARGEST = 20;

/**
 * Strengths of the noise for inversion: such that one unit of any map changes the picture by as much. Training holds
 * them small, since reconstruction only suffers from noise; what the maps can say about a portrait is not changed by
 * the unit they are counted in, but how far a step of the optimiser goes is.
 *
 * @param generator trained variables
 * @returns `NAME.noise.weight` by name
 */
export function noiseStrengths(
  generator: Variables,
  encoder: Variables,
  faces: Faces,
  { rows, levels }: { rows: number; levels: number },
): Record<string, Float32Array> {
  const maps = 2 * levels - 1;
  const names = Array.from({ length: maps }, (_, i) => (i === 0 ? 'conv1' : `convs.${i - 1}`));
  return Object.fromEntries(
    names.map((name, moved) => {
      const change = tf.tidy(() => {
        const picks = Array.from({ length: FACES }, (_, i) => i * Math.floor(faces.count / FACES));
        const shared = baseCode(encoder, faces.batch(picks, BASE_SIDE));
        const styles = tf.tile(tf.expandDims(shared, 1), [1, rows, 1]) as tf.Tensor3D;
        const noise = (i: number, on: boolean) => {
          const side = noiseSide(i);
          const shape: [number, number, number, number] = [1, side, side, 1];
          return on
            ? tf.tensor4d(createRandom(i).normals(side * side), shape)
            : (tf.zeros(shape) as tf.Tensor4D);
        };
        const [still, shaken] = [false, true].map((on) =>
          trainableSynthesis(
            generator,
            styles,
            names.map((_, i) => noise(i, on && i === moved)),
            levels,
          ),
        );
        // [−1, 1] → the whole range
        const mean = tf.mean(tf.squaredDifference(still, shaken)).dataSync()[0];
        return Math.sqrt(mean) / 2;
      });
      const strength = Math.min(LARGEST, (NOISE_STRENGTH * CHANGE_PER_UNIT) / change);
      return [`${name}.noise.weight`, Float32Array.of(strength)];
    }),
  );
}
