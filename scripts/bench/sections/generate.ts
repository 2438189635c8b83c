import { execFileSync, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createRandom,
  discriminators,
  foregroundEstimators,
  type Generator,
  generators,
  mattingModels,
  type PortraitLayers,
  trimapModels,
} from '@latent-matte/backend-node/core';
import { compositionalLoss, entropyLoss, trimapFromLogits } from '@latent-matte/backend-node/ops';
import {
  createPairMaker,
  fillOutput,
  GenerationOutput,
  indexRange,
  PairQueue,
  pairOptionsOf,
  runQueueWorker,
  runSettings,
} from '@latent-matte/pairs';
import * as tf from '@tensorflow/tfjs-core';
import type { Bench, Section } from '../section';

/** Fewer steps than the paper's 500: a pair costs in proportion to them. */
const STEPS = 4;
const PAIRS = 4;

export const generate: Section = {
  name: 'generate',
  title: `pairs per minute with the shipped networks, ${STEPS} steps a pair, and where a step goes`,
  onRequest: true,
  async run(bench) {
    await costs(bench);
    await rates(bench);
  },
};

/** One process, two threads, and the queue with two threads; models loaded before the clock starts. */
async function rates(bench: Bench): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'latent-matte-bench-'));
  const device = bench.backend.chosenDevice;
  const settings = await runSettings(
    { generator: 'compact-generator', steps: STEPS, gate: false },
    device,
    {
      latents: true,
    },
  );
  const options = pairOptionsOf(settings);
  const open = (name: string) => GenerationOutput.open(join(folder, name), settings);
  const perMinute = (milliseconds: number): number => (PAIRS / milliseconds) * 60_000;
  try {
    const rate: Record<string, number> = {};
    for (const [name, workers] of [
      ['one process', undefined],
      ['two workers', 2],
    ] as const) {
      const maker = await createPairMaker(
        options,
        workers === undefined ? undefined : { device, workers },
      );
      const output = await open(name);
      const began = performance.now();
      await fillOutput(output, indexRange(0, PAIRS), maker);
      rate[name] = perMinute(performance.now() - began);
      await maker.close();
    }
    bench.report('one process', rate['one process']!, 'pairs/min');
    const against = (name: string, value: number) =>
      bench.report(
        `${name} / one process`,
        value / rate['one process']!,
        '×',
        `${value.toFixed(2)} pairs/min`,
      );
    against('two workers', rate['two workers']!);
    const redis = await startRedis();
    if (redis === undefined) return bench.skip('through the queue', 'there is no redis-server');
    try {
      const output = await open('queue');
      const queue = await PairQueue.open({ url: redis.url });
      await queue.enqueue(output, indexRange(0, PAIRS), 1);
      await queue.close();
      let began = 0;
      let ended = 0;
      await runQueueWorker({
        url: redis.url,
        out: join(folder, 'queue'),
        concurrency: 2,
        exitWhenDone: true,
        onNote() {
          // The first note says that the models are loaded, the last that the last range is done.
          ended = performance.now();
          began ||= ended;
        },
      });
      against('through the queue, two threads', perMinute(ended - began));
    } finally {
      redis.stop();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Forward and backward pass of each part of a step, alone, at the size of the generator. */
async function costs(bench: Bench): Promise<void> {
  const blank = tf.fill([1, 64, 64, 3], 0.5) as tf.Tensor4D;
  const generator: Generator = await generators.create('compact-generator', { image: blank });
  const trimap = await trimapModels.create('compact-trimap', undefined);
  const matting = await mattingModels.create('compact-matting', undefined);
  const discriminator = await discriminators.create('compact-discriminator', undefined);
  const estimator = await foregroundEstimators.create('multi-level', undefined);
  const dim = generator.latents.styles[1];
  const z = tf.tensor2d(createRandom(1).normals(dim), [1, dim]);
  const code = generator.map!(z, { truncation: 0.7 });
  const image = tf.clipByValue(generator.synthesize(code), 0, 1) as tf.Tensor4D;
  const known = tf.tidy(() => trimapFromLogits(trimap.logits(image)));
  const alpha = tf.tidy(() => matting.alpha({ image, trimap: known }));
  const tensors = [code.styles as tf.Tensor, ...code.noise];
  const parts: [string, () => tf.Tensor[] | Promise<unknown>][] = [
    [
      'synthesis',
      () =>
        gradientsOf(
          (styles, ...noise) =>
            tf.mean(generator.synthesize({ styles, noise } as unknown as typeof code)) as tf.Scalar,
          tensors,
        ),
    ],
    [
      'matting (trimap and alpha)',
      () =>
        gradientsOf(
          (x) => {
            const logits = trimap.logits(x as tf.Tensor4D);
            const matte = matting.alpha({
              image: x as tf.Tensor4D,
              trimap: trimapFromLogits(logits),
            });
            return tf.add(entropyLoss(logits), tf.mean(matte)) as tf.Scalar;
          },
          [image],
        ),
    ],
    [
      'foreground',
      estimator.differentiable === 'image'
        ? () =>
            gradientsOf(
              (x, a) =>
                tf.mean(
                  (estimator.estimate(x as tf.Tensor4D, a as tf.Tensor4D) as PortraitLayers)
                    .foreground,
                ) as tf.Scalar,
              [image, alpha],
            )
        : async () => {
            const { foreground, background } = await estimator.estimate(image, alpha);
            tf.dispose([foreground, background]);
          },
    ],
    [
      'discriminator',
      () => gradientsOf((x) => compositionalLoss(discriminator.score(x as tf.Tensor4D)), [image]),
    ],
  ];
  const times: [string, number][] = [];
  for (const [name, work] of parts) times.push([name, await bench.time(work)]);
  const total = times.reduce((sum, [, time]) => sum + time, 0);
  for (const [name, time] of times) {
    const every = name === 'foreground' && estimator.differentiable === 'none';
    bench.report(
      `a step: ${name}`,
      time,
      'ms',
      `${((100 * time) / total).toFixed(0)} % of the sum${every ? ', runs at every fifth step' : ''}`,
    );
  }
  tf.dispose([blank, z, image, known, alpha, ...tensors]);
  for (const model of [generator, trimap, matting, discriminator]) model.dispose();
}

/** In the scope that the bench opens around each run. */
const gradientsOf = (
  f: (...inputs: tf.Tensor[]) => tf.Scalar,
  inputs: readonly tf.Tensor[],
): tf.Tensor[] => tf.grads(f)([...inputs]);

/** A Redis of its own, where there is one. */
async function startRedis(): Promise<{ url: string; stop(): void } | undefined> {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  const port = await new Promise<number>((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port: free } = probe.address() as { port: number };
      probe.close(() => resolve(free));
    });
  });
  const server = spawn('redis-server', [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--save',
    '',
  ]);
  await new Promise<void>((resolve) => {
    server.stdout.on('data', (text: Buffer) => {
      if (/ready to accept/i.test(text.toString())) resolve();
    });
  });
  return { url: `redis://127.0.0.1:${port}`, stop: () => void server.kill() };
}
