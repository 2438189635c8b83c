import {
  enhancePortrait,
  type FloatImage,
  type InvertOptions,
  invertPortrait,
  type RasterImage,
} from '@latent-matte/core';
import type { LpipsVgg, StyleGAN2Generator } from '@latent-matte/models';
import * as tf from '@tensorflow/tfjs-core';
import type { Fixture } from '../fixture';
import { l2Error, type Measurement, type PendingMeasurement } from '../measurement';
import { codeOf, deltaError, firstCode, type OfficialNetworks } from '../official-run';
import { structuredImage } from '../stored-tensors';

// The authors' loop and inversion once more, as a user calls them: the whole of preset and method 'official' is measured,
// not the parts it is made of.

type Size = readonly [height: number, width: number];

interface LoopConfig {
  readonly size: number;
  readonly inner_hw: Size;
  readonly portrait_hw: Size;
  readonly perceptual_size: number;
  readonly lr: number;
  readonly steps: number;
}

interface InversionConfig {
  readonly size: number;
  readonly perceptual_size: number;
  readonly w_steps: number;
  readonly n_steps: number;
  readonly w_lr: number;
  readonly n_lr: number;
}

/** A picture of the fixture, in [0, 1]. */
function pictureOf(fixture: Fixture, key: string, [height, width]: Size): FloatImage {
  const tensor = tf.tidy(() => structuredImage(fixture, key, [height, width], 0.5, 0.5));
  const data = tensor.dataSync() as Float32Array;
  tensor.dispose();
  return { width, height, channels: 3, data };
}

/** The losses of every step of `enhancePortrait` with the preset of the authors. */
export async function officialEnhancement(
  fixture: Fixture,
  { generator, discriminator, trimap, matting, lpips }: OfficialNetworks,
): Promise<Measurement[]> {
  const { size, inner_hw, portrait_hw, perceptual_size, lr, steps } =
    fixture.json<LoopConfig>('config');
  const latents = codeOf(firstCode(fixture, generator));
  const background: RasterImage = pictureOf(fixture, 'input:background', [size, size]);
  try {
    const { history } = await enhancePortrait(pictureOf(fixture, 'input:portrait', portrait_hw), {
      preset: 'official',
      model: matting,
      steps,
      advanced: {
        ...{ generator, discriminator, trimap, latents, perceptual: lpips, learningRate: lr },
        backgrounds: [background],
        foregroundColors: pictureOf(fixture, 'input:foreground', portrait_hw),
        networkSize: inner_hw,
        perceptualSize: perceptual_size,
      },
    });
    const row = (name: string, values: readonly number[]) =>
      l2Error(
        `enhancePortrait: ${name}`,
        values,
        fixture.floats(name),
        fixture.info(name).tol_l2 ?? 1e-4,
      );
    return [
      row(
        'loss.entropy',
        history.map(({ losses }) => losses.entropy!),
      ),
      row(
        'loss.mse',
        history.map(({ losses }) => 40 * losses.consistency!),
      ),
      row(
        'loss.lpips',
        history.map(({ losses }) => 100 * losses.perceptual!),
      ),
      row(
        'loss.adv',
        history.map(({ losses }) => losses.compositional!),
      ),
      row(
        'loss.total',
        history.map(({ total }) => total),
      ),
    ];
  } finally {
    tf.dispose([latents.styles, ...latents.noise]);
  }
}

/** Losses and latents of `invertPortrait` with the authors' method, stage by stage, as the fixture has them. */
export async function officialInversionCall(
  fixture: Fixture,
  generator: StyleGAN2Generator,
  lpips: LpipsVgg,
): Promise<PendingMeasurement[]> {
  const { size, perceptual_size, w_steps, n_steps, w_lr, n_lr } =
    fixture.json<InversionConfig>('config');
  const portrait = pictureOf(fixture, 'input:portrait', [size, size]);
  const start = firstCode(fixture, generator);
  const shared: InvertOptions = {
    generator,
    method: 'official',
    perceptual: lpips,
    perceptualSize: perceptual_size,
    learningRate: w_lr,
    noiseLearningRate: n_lr,
  };
  const row = (name: string, values: readonly number[]) =>
    l2Error(
      `invertPortrait: ${name}`,
      values,
      fixture.floats(name),
      fixture.info(name).tol_l2 ?? 1e-4,
    );
  try {
    const styles = await invertPortrait(portrait, {
      ...shared,
      steps: { styles: w_steps, noise: 0 },
      start: codeOf(start),
    });
    const steps = styles.history.slice(0, w_steps);
    const made = tf.tensor(styles.code.styles.data, start[0]!.shape);
    const moved = await deltaError(fixture, `wplus_delta_${w_steps}`, start[0]!, made);
    made.dispose();
    const found = [
      row(
        'w_stage.lpips100',
        steps.map(({ losses }) => 100 * losses.perceptual!),
      ),
      row(
        'w_stage.mse',
        steps.map(({ losses }) => 4 * losses.consistency!),
      ),
      row(
        'w_stage.total',
        steps.map(({ total }) => total),
      ),
      { ...moved, name: `invertPortrait: ${moved.name}` },
    ];
    if (n_steps === 0) return found;
    const from = tf.tensor(fixture.floats('n_stage.wplus_start'), start[0]!.shape);
    const noise = await invertPortrait(portrait, {
      ...shared,
      steps: { styles: 0, noise: n_steps },
      start: codeOf([from, ...start.slice(1)]),
    });
    from.dispose();
    const after = noise.history.at(-1)!;
    found.push(
      row(
        'n_stage.mse',
        noise.history.slice(0, n_steps).map(({ losses }) => 4 * losses.consistency!),
      ),
      row('mse_after', [4 * after.losses.consistency!]),
    );
    for (const [i, map] of noise.code.noise.entries()) {
      const name = `noise_delta_${n_steps}_${i}`;
      if (!fixture.has(name)) continue;
      const made = tf.tensor(map.data, start[i + 1]!.shape);
      const error = await deltaError(fixture, name, start[i + 1]!, made);
      made.dispose();
      found.push({ ...error, name: `invertPortrait: ${name}` });
    }
    return found;
  } finally {
    tf.dispose(start);
  }
}
