import type { TrimapModel } from '@latent-matte/core';
import type { WeightArchive } from '@latent-matte/core/checkpoints';
import { resize } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import {
  FrozenNetwork,
  NetworkBuilder,
  normalizeImage,
  RESNET101,
  resnet,
  signed,
  stateDict,
} from '../layers';
import { decoder } from './decoder';
import { pyramid } from './pyramid';

/** Factors of the dilation of stage 4, which is 2: its 3×3 convolutions have 2, 4 and 8. */
const GRID = [1, 2, 4] as const;

/**
 * DeepLabV3+ with ResNet-101 at output stride 16 (Chen et al., ECCV 2018; jfzhang95's layout): the trimap network of
 * the paper's authors, who ran it instead of the DeepLabV3-ResNet50 that the paper names (III-B1). The logits are
 * background, unknown, foreground, in this order.
 *
 * The network takes images in [−1, 1]: those in [0, 1] are scaled inside, without ImageNet's statistics. All three of
 * its upsamplings are bilinear with aligned corners. Sides need not be multiples of anything; the authors ran it at
 * 800×608.
 */
export class DeeplabV3PlusResnet101 extends FrozenNetwork implements TrimapModel {
  readonly differentiable = 'image';
  readonly input = { multipleOf: 1, min: 33, max: 1024 };
  readonly #network: (x: tf.Tensor4D) => tf.Tensor4D;

  /** @throws WeightsError when the archive is not a DeepLabV3+-ResNet101 of three classes */
  constructor(archive: WeightArchive) {
    const build = new NetworkBuilder(stateDict(archive), 'deeplabv3plus-resnet101');
    // 64 and 256 in the published network; slimmer ones of the same design are read too.
    const width = build.shapeOf('backbone.conv1.weight')?.[0] ?? 64;
    const channels = build.shapeOf('aspp.conv1.weight')?.[0] ?? 256;
    const backbone = resnet(build, 'backbone.', {
      depths: RESNET101,
      dilated: [false, false, true],
      grid: GRID,
      width,
    });
    const context = pyramid(build, 32 * width, channels);
    const decode = decoder(build, channels, 4 * width);
    super(
      'deeplabv3plus-resnet101',
      'none stated (cnnlstm/StyleGAN_Matting); backbone trained on ImageNet',
      build.finish(),
    );
    this.#network = (x) => {
      const { stages } = backbone(x);
      return decode(context(stages[3]), stages[0]);
    };
  }

  /** RGB `[N, H, W, 3]` in [0, 1] → logits `[N, H, W, 3]`. */
  logits(image: tf.Tensor4D): tf.Tensor4D {
    return tf.tidy(() => {
      const [, height, width] = image.shape;
      return resize(this.#network(normalizeImage(image, signed)), [height, width], 'bilinear', {
        alignCorners: true,
      });
    });
  }
}

/**
 * DeepLabV3+-ResNet101 from the authors' `deeplab_model_best.pth.tar`: a training checkpoint whose tensors lie under
 * `state_dict`, with or without `module.` before each name. The caller disposes it.
 *
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { openCheckpoint } from '@latent-matte/core/checkpoints';
 * import { createDeeplabV3Plus } from '@latent-matte/models';
 *
 * const network = createDeeplabV3Plus(await openCheckpoint(await readFile('deeplabv3plus_resnet101.pth')));
 * network.dispose();
 * ```
 *
 * @throws WeightsError naming every missing, unexpected or misshapen tensor
 */
export function createDeeplabV3Plus(archive: WeightArchive): DeeplabV3PlusResnet101 {
  return new DeeplabV3PlusResnet101(archive);
}
