import { type TrimapModel, WeightsError } from '@latent-matte/core';
import type { WeightArchive } from '@latent-matte/core/checkpoints';
import { adaptiveAveragePool, resize } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import {
  FrozenNetwork,
  type Layer,
  NetworkBuilder,
  normalizeImage,
  RESNET50,
  resnet,
  stateDict,
} from '../layers';
import { trimapFromPerson } from './person';

/** Dilations of the 3×3 branches of the pyramid, at output stride 8. */
const RATES = [12, 24, 36] as const;
export interface DeeplabOptions {
  /**
   * For a file with more than three classes, such as torchvision's with 21: which one is the person, and how
   * sure the network must be outside the unknown region. See {@link trimapFromPerson}.
   */
  person?: {
    /** Default 15, `person` in the order of Pascal VOC. */
    index?: number;
    /** Log-odds within which a pixel is unknown. Default 4: a probability of 0.018 to 0.982. */
    margin?: number;
  };
}

/**
 * DeepLabV3 with ResNet-50 (Chen et al. 2017; torchvision's `deeplabv3_resnet50`), the trimap network
 * that the paper names (III-B1); its authors ran `DeeplabV3PlusResnet101`. With three classes the logits are background, unknown, foreground, in this order.
 *
 * torchvision's own file has the 21 classes of Pascal VOC, not a trimap: it is read as a person segmenter
 * ({@link DeeplabOptions}). Fine-tuned files come with three.
 */
export class DeeplabV3Resnet50 extends FrozenNetwork implements TrimapModel {
  readonly differentiable = 'image';
  readonly input = { multipleOf: 1, min: 33, max: 1024 };
  /** Classes of the file. */
  readonly classes: number;
  readonly #network: (x: tf.Tensor4D) => tf.Tensor4D;
  readonly #person: { index: number; margin: number };

  /** @throws WeightsError when the archive is not a DeepLabV3-ResNet50 */
  constructor(archive: WeightArchive, { person = {} }: DeeplabOptions = {}) {
    const build = new NetworkBuilder(stateDict(archive), 'deeplabv3-resnet50', {
      ignore: (name) => name.startsWith('aux_classifier.'),
    });
    const classes = build.shapeOf('classifier.4.weight')?.[0] ?? 3;
    const { index = 15, margin = 4 } = person;
    if (classes !== 3 && !(Number.isInteger(index) && index >= 0 && index < classes)) {
      throw new WeightsError(
        `This deeplabv3-resnet50 has ${classes} classes: neither the three of a trimap nor a person at index ${index}.`,
        'Fine-tune it with the classes background, unknown, foreground, or name the index of the person.',
      );
    }
    // 64 in the published network; slimmer ones of the same design are read too.
    const width = build.shapeOf('backbone.conv1.weight')?.[0] ?? 64;
    const backbone = resnet(build, 'backbone.', {
      depths: RESNET50,
      dilated: [false, true, true],
      width,
    });
    const head = classifier(build, 32 * width, classes);
    super(
      'deeplabv3-resnet50',
      'BSD-3-Clause (torchvision; weights trained on COCO)',
      build.finish(),
    );
    this.classes = classes;
    this.#person = { index, margin };
    this.#network = (x) => head(backbone(x).stages[3]);
  }

  /** Logits of all classes of the file, `[N, H, W, classes]`. */
  classLogits(image: tf.Tensor4D): tf.Tensor4D {
    return tf.tidy(() => {
      const [, height, width] = image.shape;
      return resize(this.#network(normalizeImage(image)), [height, width]);
    });
  }

  logits(image: tf.Tensor4D): tf.Tensor4D {
    if (this.classes === 3) return this.classLogits(image);
    return tf.tidy(() => {
      const [, height, width] = image.shape;
      const coarse = this.#network(normalizeImage(image));
      return resize(trimapFromPerson(coarse, this.#person), [height, width]);
    });
  }
}

/** Atrous spatial pyramid pooling, then 3×3 and 1×1. */
function classifier(
  build: NetworkBuilder,
  inputs: number,
  classes: number,
): (x: tf.Tensor4D) => tf.Tensor4D {
  const outputs = inputs / 8;
  const branch = (name: string, dilation?: number): Layer =>
    build.convolution(`classifier.0.convs.${name}.0`, {
      inputs,
      outputs,
      kernel: dilation === undefined ? 1 : 3,
      dilation: dilation ?? 1,
      norm: { name: `classifier.0.convs.${name}.1` },
      activation: 'relu',
    });
  const branches = [branch('0'), ...RATES.map((rate, i) => branch(`${i + 1}`, rate))];
  const pooled = build.convolution('classifier.0.convs.4.1', {
    inputs,
    outputs,
    kernel: 1,
    norm: { name: 'classifier.0.convs.4.2' },
    activation: 'relu',
  });
  const project = build.convolution('classifier.0.project.0', {
    inputs: Array<number>(branches.length + 1).fill(outputs),
    outputs,
    kernel: 1,
    norm: { name: 'classifier.0.project.1' },
    activation: 'relu',
  });
  const mix = build.convolution('classifier.1', {
    inputs: outputs,
    outputs,
    kernel: 3,
    norm: { name: 'classifier.2' },
    activation: 'relu',
  });
  const last = build.convolution('classifier.4', { inputs: outputs, outputs: classes, kernel: 1 });
  return (x) => {
    // The pooled branch is one pixel; adding its share of the projection spreads it over the map.
    const context = pooled(adaptiveAveragePool(x, [1, 1]));
    return last(mix(project([...branches.map((layer) => layer(x)), context])));
  };
}

/**
 * DeepLabV3-ResNet50 from torchvision's keys, with or without `aux_classifier`. The caller disposes it.
 *
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { openCheckpoint } from '@latent-matte/core/checkpoints';
 * import { createDeeplab } from '@latent-matte/models';
 *
 * const network = createDeeplab(await openCheckpoint(await readFile('deeplabv3_resnet50.pth')));
 * network.dispose();
 * ```
 *
 * @throws WeightsError naming every missing, unexpected or misshapen tensor
 */
export function createDeeplab(archive: WeightArchive, options?: DeeplabOptions): DeeplabV3Resnet50 {
  return new DeeplabV3Resnet50(archive, options);
}
