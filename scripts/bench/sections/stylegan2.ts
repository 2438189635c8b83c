import { enhancePortrait } from '@latent-matte/backend-node';
import type { LatentCode } from '@latent-matte/backend-node/core';
import {
  createStyleGAN2Discriminator,
  createStyleGAN2Generator,
  discriminatorOperations,
  randomStyleGAN2Weights,
  type StyleGAN2Discriminator,
  type StyleGAN2Generator,
  synthesisOperations,
} from '@latent-matte/backend-node/models';
import {
  compositionalLoss,
  nested,
  pullBackSegments,
  runSegments,
  type Segment,
} from '@latent-matte/backend-node/ops';
import { measurePeakMemory } from '@latent-matte/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { discPortrait } from '../disc-portrait';
import type { Bench, Section } from '../section';

/** Segments against one tape: at most this share of the memory. */
const MEMORY_GOAL = 0.45;
const MEGABYTE = 2 ** 20;
const LOOP_STEPS = 2;

interface Networks {
  readonly generator: StyleGAN2Generator;
  readonly discriminator: StyleGAN2Discriminator;
  readonly code: LatentCode;
  readonly image: tf.Tensor4D;
}

function networks(resolution: number): Networks & { dispose(): void } {
  const weights = randomStyleGAN2Weights({ resolution });
  const generator = createStyleGAN2Generator(weights);
  const discriminator = createStyleGAN2Discriminator(weights);
  const code = generator.meanLatent();
  const image = tf.randomUniform([1, resolution, resolution, 3], 0, 1, 'float32', 1) as tf.Tensor4D;
  return {
    generator,
    discriminator,
    code,
    image,
    dispose() {
      generator.dispose();
      discriminator.dispose();
      tf.dispose([code.styles, ...code.noise, image]);
    },
  };
}

const latentsOf = (code: LatentCode): tf.Tensor[] => [code.styles, ...code.noise];
const codeOf = ([styles, ...noise]: readonly tf.Tensor[]): LatentCode => ({
  styles: styles as tf.Tensor3D,
  noise: noise as tf.Tensor4D[],
});

/** Gradient of L_ca (paper Eq. 4) of the whole portrait in w and n: generator and discriminator on one tape. */
function onOneTape({ generator, discriminator, code }: Networks): tf.Tensor[] {
  return tf.tidy(() =>
    tf.grads((...latents) =>
      compositionalLoss(discriminator.score(generator.synthesize(codeOf(latents)))),
    )(latentsOf(code)),
  );
}

/** The same in segments. */
function inPieces({ generator, discriminator, code }: Networks): tf.Tensor[] {
  const asSegment = ({
    name,
    run,
    segments,
  }: ReturnType<typeof generator.segments>[number]): Segment => ({
    name,
    run: (state, latents) => run(state as tf.Tensor4D[], codeOf(latents)),
    ...(segments && { segments: segments.map(asSegment) }),
  });
  const segments: Segment[] = [
    nested('generator', generator.segments().map(asSegment)),
    nested('discriminator', discriminator.segments()),
    { name: 'loss', run: ([logits]) => [compositionalLoss(logits!)] },
  ];
  const latents = latentsOf(code);
  const one = tf.scalar(1);
  const { parameters } = pullBackSegments(segments, runSegments(segments, [], latents), latents, [
    one,
  ]);
  one.dispose();
  return parameters as tf.Tensor[];
}

/** The fastest convolution of the shapes these networks have, in GFLOPS. */
async function bestConvolution(bench: Bench): Promise<number> {
  let best = 0;
  for (const [side, channels] of [
    [32, 512],
    [64, 256],
    [128, 128],
    [128, 64],
  ] as const) {
    const x = tf.randomNormal([1, side, side, channels]) as tf.Tensor4D;
    const filter = tf.randomNormal([3, 3, channels, channels]) as tf.Tensor4D;
    const milliseconds = await bench.time(() => tf.conv2d(x, filter, 1, 'same'));
    tf.dispose([x, filter]);
    best = Math.max(best, (2 * 9 * (side * channels) ** 2) / milliseconds / 1e6);
  }
  bench.report('best 3×3 convolution', best, 'GFLOPS');
  return best;
}

/** Forward and forward with backward of both networks; weights are frozen, so backward costs as much again. */
async function speeds(
  bench: Bench,
  resolution: number,
  made: Networks,
  best: number,
): Promise<void> {
  const { generator, discriminator, code, image } = made;
  const latents = latentsOf(code);
  const generate = (all: readonly tf.Tensor[]) => generator.synthesize(codeOf(all));
  const works: [string, number, () => tf.Tensor | tf.Tensor[]][] = [
    ['G forward', synthesisOperations(generator.architecture), () => generate(latents)],
    [
      'G forward and backward',
      2 * synthesisOperations(generator.architecture),
      () => tf.grads((...all) => tf.sum(generate(all)))(latents),
    ],
    [
      'D forward',
      discriminatorOperations(discriminator.architecture),
      () => discriminator.score(image),
    ],
    [
      'D forward and backward',
      2 * discriminatorOperations(discriminator.architecture),
      () => tf.grad((x) => tf.sum(discriminator.score(x as tf.Tensor4D)))(image),
    ],
  ];
  for (const [name, operations, work] of works) {
    const milliseconds = await bench.time(work);
    const speed = (2 * operations) / milliseconds / 1e6;
    const share = `${((100 * speed) / best).toFixed(0)} % of the best convolution, ${milliseconds.toFixed(0)} ms`;
    bench.report(`${name} ${resolution}²`, speed, 'GFLOPS', share);
  }
}

function memory(bench: Bench, resolution: number, made: Networks): void {
  const measured = [onOneTape, inPieces].map((run) => {
    const { result, peakBytes } = measurePeakMemory(() => run(made));
    tf.dispose(result);
    return peakBytes / MEGABYTE;
  }) as [number, number];
  const [whole, pieces] = measured;
  const name = `gradient of L_ca through G and D ${resolution}²`;
  bench.report(`${name}: one tape`, whole, 'MB at its peak');
  bench.report(`${name}: in segments`, pieces, 'MB at its peak');
  const verdict = pieces / whole <= MEMORY_GOAL ? '' : ': missed';
  bench.report(`${name}: ratio`, pieces / whole, '', `goal ≤ ${MEMORY_GOAL}${verdict}`);
}

async function paperLoop(bench: Bench, resolution: number, made: Networks): Promise<void> {
  const { seconds } = await enhancePortrait(discPortrait(resolution), {
    preset: 'paper',
    steps: LOOP_STEPS,
    advanced: { generator: made.generator, discriminator: made.discriminator, latents: made.code },
  });
  const perStep = seconds / (LOOP_STEPS + 1);
  const note = `${perStep.toFixed(2)} s a step, losses of the compact models`;
  bench.report(`preset paper, G and D ${resolution}²`, 1 / perStep, 'steps/s', note);
}

export const stylegan2: Section = {
  name: 'stylegan2',
  title: 'StyleGAN2 at 256², random weights',
  async run(bench) {
    const best = await bestConvolution(bench);
    const made = networks(256);
    try {
      await speeds(bench, 256, made, best);
      memory(bench, 256, made);
      await paperLoop(bench, 256, made);
    } finally {
      made.dispose();
    }
  },
};

/** Apart from `stylegan2`: minutes on a CPU. */
export const stylegan2Full: Section = {
  name: 'stylegan2-1024',
  onRequest: true,
  title: 'StyleGAN2 at 1024², random weights; one run each',
  async run(bench) {
    const made = networks(1024);
    const { generator, discriminator, code, image } = made;
    const once = async (name: string, operations: number, work: () => tf.Tensor | tf.Tensor[]) => {
      const start = performance.now();
      const { result, peakBytes } = measurePeakMemory(() => tf.tidy(work));
      const tensors = Array.isArray(result) ? result : [result];
      for (const tensor of tensors) await tensor.data();
      const seconds = (performance.now() - start) / 1000;
      tf.dispose(tensors);
      const note = `${seconds.toFixed(1)} s, ${(peakBytes / MEGABYTE).toFixed(0)} MB at its peak`;
      bench.report(`${name} 1024²`, (2 * operations) / seconds / 1e9, 'GFLOPS', note);
    };
    const [ofG, ofD] = [
      synthesisOperations(generator.architecture),
      discriminatorOperations(discriminator.architecture),
    ];
    try {
      await once('G forward', ofG, () => generator.synthesize(code));
      await once('D forward', ofD, () => discriminator.score(image));
      await once('gradient of L_ca through G and D, in segments', 2 * (ofG + ofD), () =>
        inPieces(made),
      );
      await once('gradient of L_ca through G and D, one tape', 2 * (ofG + ofD), () =>
        onOneTape(made),
      );
    } finally {
      made.dispose();
    }
  },
};
