import {
  type Discriminator,
  InvalidOptionError,
  type MattingInput,
  type MattingModel,
  type MattingTraining,
  type PerceptualModel,
  SPEC_VERSION,
  type TrimapModel,
} from '@latent-matte/core';
import { assignWeights, type WeightArchive } from '@latent-matte/core/checkpoints';
import { pixelUnshuffle, resize } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import { stateDict } from '../layers/checkpoint';
import { refuseAfterDispose } from '../layers/refuse-after-dispose';
import { encode } from './encoder-decoder';
import { FrozenLayers, type Layers, TrainableLayers } from './layers';
import {
  discriminatorNetwork,
  mattingNetwork,
  type NetworkDefinition,
  trimapNetwork,
  trimapTrunk,
} from './networks';

/** One array per parameter of the network, as `assignWeights` returns them. */
export type WeightValues = Readonly<Record<string, Float32Array>>;

/** The longest side at which the trimap network and the discriminator were trained. */
const CONTEXT_SIZE = 256;

/** [0, 1] → [−1, 1]. */
const signed = (image: tf.Tensor4D): tf.Tensor4D => tf.sub(tf.mul(image, 2), 1);

/** The size at which a network that needs the whole portrait sees it: longest side 256, multiples of 32. */
function contextSize([height, width]: readonly [number, number]): [number, number] {
  const scale = Math.min(1, CONTEXT_SIZE / Math.max(height, width));
  const side = (length: number) => Math.max(32, Math.round((length * scale) / 32) * 32);
  return [side(height), side(width)];
}

/**
 * `[N, H, W, 1]` with 0, 0.5, 1 → `[N, H, W, 3]`: background, unknown, foreground. By broadcasting, since
 * joining channels is slow on wasm.
 */
function oneHotTrimap(trimap: tf.Tensor4D): tf.Tensor4D {
  const distance = tf.abs(tf.sub(tf.mul(trimap, 2), tf.tensor1d([0, 1, 2])));
  return tf.relu(tf.sub(1, distance)) as tf.Tensor4D;
}

abstract class CompactModel {
  readonly specVersion = SPEC_VERSION;
  readonly license = 'CC-BY-NC-SA-4.0 (weights; trained on non-commercial portraits)';
  readonly name: string;
  protected readonly layers: Layers & { dispose(): void };

  constructor(network: NetworkDefinition, layers: Layers & { dispose(): void }) {
    this.name = network.name;
    this.layers = layers;
  }

  dispose(): void {
    this.layers.dispose();
    refuseAfterDispose(this);
  }
}

/** Trimap network of 0.99 M parameters. Sees the portrait at 256 pixels; logits come back at its own size. */
export class CompactTrimap extends CompactModel implements TrimapModel {
  readonly differentiable = 'image';
  readonly input = { multipleOf: 1, min: 32, max: 2048 };

  constructor(values: WeightValues) {
    super(trimapNetwork, new FrozenLayers(trimapNetwork.parameters, values));
  }

  logits(image: tf.Tensor4D): tf.Tensor4D {
    return tf.tidy(() => {
      const [, height, width] = image.shape;
      const small = resize(image, contextSize([height, width]), 'area');
      return resize(trimapNetwork.run(this.layers, signed(small)), [height, width]);
    });
  }
}

/** Trimap-based matting network of 0.55 M parameters; known pixels of the trimap are kept. */
export class CompactMatting extends CompactModel implements MattingModel {
  readonly needsTrimap = true;
  readonly differentiable = 'image';
  readonly input = { multipleOf: 16, min: 64, max: 1024 };

  /** @param trainable use stock layers on variables, for fine-tuning. Default false */
  constructor(values: WeightValues, { trainable = false }: { trainable?: boolean } = {}) {
    const layers = trainable
      ? new TrainableLayers(mattingNetwork.parameters, values)
      : new FrozenLayers(mattingNetwork.parameters, values);
    super(mattingNetwork, layers);
    if (!(layers instanceof TrainableLayers)) return;
    this.variables = () => layers.variables;
    this.train = {
      normalization: 'none',
      alpha: (input) => this.#prediction(input),
      state: () => ({}),
      weights: () =>
        Promise.all(
          Object.entries(layers.variables).map(async ([name, variable]) => ({
            name,
            shape: variable.shape,
            data: (await variable.data()).slice() as Float32Array,
          })),
        ),
    };
  }

  variables?: () => Record<string, tf.Variable>;
  train?: MattingTraining;

  alpha(input: MattingInput): tf.Tensor4D {
    return tf.tidy(() => {
      const raw = this.#prediction(input);
      const trimap = input.trimap as tf.Tensor4D;
      const unknown = tf.cast(tf.equal(trimap, 0.5), 'float32');
      const foreground = tf.cast(tf.greater(trimap, 0.75), 'float32');
      return tf.add(tf.mul(raw, unknown), foreground) as tf.Tensor4D;
    });
  }

  /** Alpha before known pixels are replaced. */
  #prediction({ image, trimap }: MattingInput): tf.Tensor4D {
    if (trimap === undefined) {
      throw new InvalidOptionError(
        'compact-matting was asked without a trimap.',
        'Give { image, trimap }, or use a model without a trimap: portrait-matte.',
      );
    }
    return tf.tidy(() =>
      tf.sigmoid(mattingNetwork.run(this.layers, signed(image), oneHotTrimap(trimap))),
    );
  }
}

/**
 * The compact matting network with other weights than the embedded ones, for instance fine-tuned. The caller disposes it.
 *
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { openCheckpoint } from '@latent-matte/core/checkpoints';
 * import { createCompactMatting } from '@latent-matte/models';
 *
 * const network = createCompactMatting(await openCheckpoint(await readFile('compact-matting.safetensors')));
 * network.dispose();
 * ```
 *
 * @param options.trainable make it of variables, for `fineTune`. Default false
 * @throws WeightsError naming every missing, unexpected or misshapen tensor
 */
export function createCompactMatting(
  archive: WeightArchive,
  options: { trainable?: boolean } = {},
): CompactMatting {
  const { name, parameters } = mattingNetwork;
  const shapes = Object.fromEntries(
    Object.entries(parameters).map(([key, { shape }]) => [key, shape]),
  );
  return new CompactMatting(assignWeights(stateDict(archive), shapes, name), options);
}

/** Judges re-composited portraits patch by patch; the score is the mean over patches. */
export class CompactDiscriminator extends CompactModel implements Discriminator {
  readonly input = { multipleOf: 1, min: 32, max: 2048 };

  constructor(values: WeightValues) {
    super(discriminatorNetwork, new FrozenLayers(discriminatorNetwork.parameters, values));
  }

  score(image: tf.Tensor4D): tf.Tensor2D {
    return tf.tidy(() => {
      const [n, height, width] = image.shape;
      const small = resize(image, contextSize([height, width]), 'area');
      const patches = discriminatorNetwork.run(this.layers, signed(small));
      return tf.reshape(tf.mean(patches, [1, 2, 3]), [n, 1]) as tf.Tensor2D;
    });
  }
}

/**
 * Features of the trimap network at 1/8 of 256 pixels, `[N, 32, 32, 80]`. Not a calibrated perceptual
 * metric: a small stand-in where VGG16 is not at hand.
 */
export class CompactPerceptual extends CompactModel implements PerceptualModel {
  readonly input = { multipleOf: 1, min: 32, max: 2048 };

  /** @param values of the trimap network, whose first levels it is */
  constructor(values: WeightValues) {
    const layers = new FrozenLayers(trimapNetwork.parameters, values);
    super({ ...trimapNetwork, name: 'compact-perceptual' }, layers);
  }

  features(image: tf.Tensor4D): tf.Tensor4D {
    return tf.tidy(() => {
      const [, height, width] = image.shape;
      const small = resize(image, contextSize([height, width]), 'area');
      const shape = { ...trimapTrunk, channels: trimapTrunk.channels.slice(0, 3) };
      return encode(this.layers, shape, [pixelUnshuffle(signed(small))])[2];
    });
  }
}
