import { pixelShuffle } from '@latent-matte/core/ops';
import {
  globalConvolution,
  type Layer,
  type NetworkBuilder,
  RESNET50,
  type ResnetFeatures,
  resnet,
} from '../layers';
import type { FeatureMap } from '../layers/feature-map';
import { type Propagation, propagationUnit } from './propagation-unit';

/** Sizes of an AdaMatting. */
export interface AdaMattingForm {
  /** Channels of the stem. Default 64, as in ResNet-50. */
  readonly width?: number;
  /** Blocks of the four stages. Default those of ResNet-50: 3, 4, 6, 3. */
  readonly depths?: readonly number[];
}

/** What the two decoders say, at the size of the picture. */
export interface Decoded {
  /** Background, unknown, foreground. */
  readonly logits: FeatureMap;
  /** The first estimate of alpha. */
  readonly alpha: FeatureMap;
}

export interface AdaMattingNetwork {
  /** Normalised RGB and trimap levels, sides multiples of 32. */
  decode(image: FeatureMap, trimap: FeatureMap): Decoded;
  /** Alpha in (0, 1), refined three times. */
  readonly propagate: Propagation;
  /** Logarithms of σ² of the two tasks, one value each. */
  readonly uncertainty: { readonly trimap: () => FeatureMap; readonly alpha: () => FeatureMap };
}

/** Side of the global convolutions; 7 as in the smallest form of Peng et al. */
const GLOBAL_KERNEL = 7;

/** The form that a file holds: from its stem and the blocks it has. */
export function formOf(build: Pick<NetworkBuilder, 'shapeOf'>): Required<AdaMattingForm> {
  const width = build.shapeOf('encoder.conv1.weight')?.[0];
  if (width === undefined) return { width: 64, depths: RESNET50 };
  const depths = [1, 2, 3, 4].map((stage) => {
    let blocks = 0;
    while (build.shapeOf(`encoder.layer${stage}.${blocks}.conv1.weight`) !== undefined) blocks++;
    return Math.max(1, blocks);
  });
  return { width, depths };
}

/** Cai et al., "Disentangled image matting", ICCV 2019: one encoder, two decoders, a recurrent refinement. */
export function adaMatting(build: NetworkBuilder, form: AdaMattingForm = {}): AdaMattingNetwork {
  const { width = 64, depths = RESNET50 } = form;
  const encoder = resnet(build, 'encoder.', {
    depths,
    dilated: [false, false, false],
    width,
    inputs: [3, 1],
  });
  // Deep and middle maps tell regions apart, middle and shallow ones hold detail.
  const trimapDecoder = decoder(build, 'trimap', width, 3, ['eighth', 'sixteenth']);
  const alphaDecoder = decoder(build, 'alpha', width, 1, ['half', 'quarter', 'eighth']);
  const scalar = (name: string) => build.tensor(name, [1]) as unknown as () => FeatureMap;
  return {
    decode(image, trimap) {
      const features = encoder([image, trimap]);
      return { logits: trimapDecoder(features), alpha: alphaDecoder(features) };
    },
    propagate: propagationUnit(build, 'propagation', Math.max(4, width / 2)),
    uncertainty: {
      trimap: scalar('uncertainty.trimap'),
      alpha: scalar('uncertainty.alpha'),
    },
  };
}

type Skip = 'half' | 'quarter' | 'eighth' | 'sixteenth';

/** Channels of a skip, in widths of the stem, coarse to fine. */
const SKIPS: readonly (readonly [Skip, number])[] = [
  ['sixteenth', 16],
  ['eighth', 8],
  ['quarter', 4],
  ['half', 1],
];

const skipOf = ({ stem, stages }: ResnetFeatures): Readonly<Record<Skip, FeatureMap>> => ({
  half: stem,
  quarter: stages[0],
  eighth: stages[1],
  sixteenth: stages[2],
});

/** From 1/32 up to the picture by sub-pixel convolutions; `skips` come in through global convolutions. */
function decoder(
  build: NetworkBuilder,
  name: string,
  width: number,
  outputs: number,
  skips: readonly Skip[],
): (features: ResnetFeatures) => FeatureMap {
  // Channels at 1/32, 1/16, 1/8, 1/4, 1/2 and 1.
  const channels = [8, 4, 4, 2, 1, 0.5].map((factor) => Math.max(2, factor * width));
  const start = globalConvolution(build, `${name}_decoder.start`, {
    inputs: 32 * width,
    outputs: channels[0],
    kernel: GLOBAL_KERNEL,
  });
  const steps = channels.slice(1).map((to, i) => {
    const layer = `${name}_decoder.${i}`;
    const [skip, factor] = SKIPS[i] ?? [];
    const used = skip !== undefined && skips.includes(skip) ? skip : undefined;
    return {
      up: subpixelConvolution(build, `${layer}.up`, channels[i], to),
      skip: used,
      bring:
        used &&
        globalConvolution(build, `${layer}.skip`, {
          inputs: (factor as number) * width,
          outputs: to,
          kernel: GLOBAL_KERNEL,
        }),
      mix: build.convolution(`${layer}.mix`, {
        inputs: used ? [to, to] : to,
        outputs: to,
        kernel: 3,
        norm: { name: `${layer}.norm` },
        activation: 'relu',
      }),
    };
  });
  const last = build.convolution(`${name}_decoder.last`, {
    inputs: channels[channels.length - 1],
    outputs,
    kernel: 3,
  });
  return (features) => {
    const maps = skipOf(features);
    let y = start(features.stages[3]);
    for (const { up, skip, bring, mix } of steps) {
      const raised = up(y);
      y = mix(skip && bring ? [raised, bring(maps[skip])] : raised);
    }
    return last(y);
  };
}

/** Sub-pixel convolution (Shi et al., CVPR 2016): four times the channels, laid out as 2×2 pixels. */
function subpixelConvolution(
  build: NetworkBuilder,
  name: string,
  inputs: number,
  outputs: number,
): (x: FeatureMap) => FeatureMap {
  const spread: Layer = build.convolution(name, {
    inputs,
    outputs: 4 * outputs,
    kernel: 3,
    bias: true,
    activation: 'relu',
  });
  return (x) => pixelShuffle(spread(x));
}
