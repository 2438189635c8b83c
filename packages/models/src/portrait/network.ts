import type { WeightArchive } from '@latent-matte/core/checkpoints';
import { NetworkPasses, sumOfMaps, sumsInOne } from '@latent-matte/core/internal';
import { pixelShuffle, pixelUnshuffle, resize } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import { type FrozenWeights, forwardScope, NetworkBuilder } from '../layers';
import type { FeatureMap } from '../layers/feature-map';
import { mobilenetTrunk } from './mobilenet-trunk';
import { double, halve } from './resampling';
import { selfieTrunk } from './selfie-trunk';

/** Sides of the picture. */
export const MULTIPLE_OF = 32;

/** What is known beforehand. */
export interface Guide {
  /** `[N, H, W, 3]`, one-hot: background, unknown, foreground. */
  readonly trimap?: FeatureMap | undefined;
  /** `[N, H, W, 1]` in [0, 1]: where another network sees the person. */
  readonly prior?: FeatureMap | undefined;
}

/** What the network answers; each map is computed when it is asked for. */
export interface PortraitAnswer {
  /** `[N, H, W, 3]`: background, unknown, foreground. */
  logits(): FeatureMap;
  /** `[N, H, W, 1]`, before the sigmoid. */
  alphaLogit(): FeatureMap;
}

export interface PortraitNetwork {
  readonly weights: FrozenWeights;
  /** What compiles its passes; none where it is trained, since a compiled pass holds the weights of once. */
  readonly passes: NetworkPasses | undefined;
  /**
   * Differentiable in the picture and the guide; call it inside `tf.tidy`.
   *
   * @param picture RGB `[N, H, W, 3]` in [0, 1]; H and W multiples of {@link MULTIPLE_OF}
   */
  run(picture: FeatureMap, guide?: Guide): PortraitAnswer;
  /**
   * The prior that came with the weights, where one did: RGB `[N, h, w, 3]` in [0, 1] of any size → the person,
   * `[N, 256, 256, 1]` in (0, 1). Differentiable; call it inside `tf.tidy`.
   */
  readonly ownPrior?: ((picture: FeatureMap) => FeatureMap) | undefined;
}

/** Channels of the decoder's layers, coarse to fine, and of the maps each joins to the one before. */
const DECODER = [
  { inputs: [256, 32], outputs: 96, kernel: 1 },
  { inputs: [96, 16, 24], outputs: 64, kernel: 3 },
  { inputs: [64, 12, 16], outputs: 40, kernel: 3 },
  { inputs: [40, 8, 16], outputs: 32, kernel: 3 },
] as const;

/** RGB, one-hot trimap, prior − 1/2. */
const INPUTS = [3, 3, 1] as const;

/** Side of the square to which MediaPipe's selfie segmenter squeezes every picture. */
const PRIOR_SIDE = 256;

const signed = (x: FeatureMap): FeatureMap => tf.sub(tf.mul(x, 2), 1);

/**
 * The portrait network, 0.97 M parameters: picture, and where there are any trimap and prior → logits of a trimap, and
 * alpha. `packages/training/python/network.py` is the same in PyTorch, where it is trained.
 *
 * Two trunks look at the picture at half its size: MediaPipe's selfie segmenter, which has seen many people, and a
 * MobileNetV2 that has seen many scenes. A light decoder joins them. Detail is worked out on 2×2 blocks as channels, at
 * half the size: the field of full-size layers at a fraction of their cost. Alpha starts as the selfie segmenter's
 * answer, to which the detail branch adds.
 *
 * An archive may hold a third trunk, `prior.*`: the selfie segmenter as it was published, 0.1 M parameters. It has seen
 * far more people than any training here, and sees the whole picture at once.
 *
 * @param archive HWIO filters and HWC1 depthwise ones, under the names of the PyTorch modules
 * @param options.trainable make it of variables. Default false
 * @throws WeightsError naming every missing, unexpected or misshapen tensor
 */
export function portraitNetwork(
  archive: WeightArchive,
  { trainable = false }: { trainable?: boolean } = {},
): PortraitNetwork {
  const build = new NetworkBuilder(archive, 'the portrait network', {
    layout: 'tensorflow',
    trainable,
  });
  const selfie = selfieTrunk(build, 'selfie', INPUTS);
  const mobilenet = mobilenetTrunk(build, 'mobilenet', INPUTS);
  const decoder = DECODER.map((spec, i) =>
    build.convolution(`decoder.${i}`, { ...spec, activation: 'relu' }),
  );
  const classes = build.convolution('classes', { inputs: 32, outputs: 3, kernel: 3 });
  const context = build.convolution('context', { inputs: 32, outputs: 24, kernel: 3 });
  // 2×2 blocks of the picture, the guide at half size, the selfie segmenter's answer − 1/2.
  const detail = build.convolution('detail.0', {
    inputs: [4 * INPUTS[0], INPUTS[1], INPUTS[2], 1],
    outputs: 24,
    kernel: 3,
  });
  const finer = build.convolution('detail.1', {
    inputs: 24,
    outputs: 24,
    kernel: 3,
    activation: 'relu',
  });
  const alpha = build.convolution('alpha', { inputs: 24, outputs: 4, kernel: 3 });
  const prior = build.shapeOf('prior.stem.weight') && selfieTrunk(build, 'prior', [3]);
  const weights = build.finish();
  const passes = trainable ? undefined : new NetworkPasses();
  return {
    weights: {
      ...weights,
      dispose() {
        passes?.dispose();
        weights.dispose();
      },
    },
    passes,
    ownPrior: prior && ((picture) => tf.sigmoid(prior([squeezed(picture)]).logit)),
    run(picture, { trimap, prior } = {}) {
      const guide = [trimap && halve(trimap), prior && tf.sub<FeatureMap>(halve(prior), 0.5)];
      const [joined, logit] = forwardScope(() => {
        const small = halve(picture);
        const a = selfie([small, ...guide]);
        const b = mobilenet([signed(small), ...guide]);
        const skips = [[b.eighth, a.eighth] as const, [b.quarter, a.quarter], [b.half, a.half]];
        const joined = skips.reduce(
          (x, skip, i) => forwardScope(() => decoder[i + 1]([double(x), ...skip])),
          decoder[0]([b.context, a.sixteenth]),
        );
        return [joined, a.logit];
      });
      return {
        logits: () => double(double(classes(joined))),
        alphaLogit() {
          const x = forwardScope(() => {
            const blocks = signed(pixelUnshuffle(picture));
            const answer = tf.sub<FeatureMap>(tf.sigmoid(logit), 0.5);
            const coarse = double(context(joined));
            const fine = detail([blocks, ...guide, answer]);
            return sumsInOne()
              ? sumOfMaps([fine, coarse], 'relu')
              : tf.relu(tf.add<FeatureMap>(fine, coarse));
          });
          const opacity = forwardScope(() => alpha(tf.add<FeatureMap>(x, finer(x))));
          return tf.add(pixelShuffle(opacity), double(logit));
        },
      };
    },
  };
}

const squeezed = (picture: FeatureMap): FeatureMap =>
  resize(picture, [PRIOR_SIDE, PRIOR_SIDE], 'area');
