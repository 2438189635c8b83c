import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import {
  enhancePortrait,
  estimateForeground,
  type MattingModel,
  refineMatte,
  useNodeBackend,
} from '@latent-matte/backend-node';
import { closedFormMatting } from '@latent-matte/backend-node/core';
import {
  catalogueEntry,
  loadCompactGenerator,
  loadModelFile,
  readCatalogueFiles,
} from '@latent-matte/backend-node/models';
import { trimapFromAlpha } from '@latent-matte/backend-node/ops';
import { mockComposite } from '@latent-matte/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { discPortrait } from '../disc-portrait';
import { againstPeer, median, processorClock } from '../peers/against-peer';
import { Peer } from '../peers/peer';
import type { Bench, Section } from '../section';

const FAST_STEPS = 15;
const ROUNDS = 3;

/** Sides of the pictures, and the share of the peer's time that is wanted. */
const SOLVERS: Readonly<Record<string, { sides: readonly [number, number][]; goal: number }>> = {
  'closed-form matting': {
    sides: [
      [512, 512],
      [1024, 1024],
    ],
    goal: 1.5,
  },
  refineMatte: {
    sides: [
      [512, 512],
      [1024, 1024],
      [2048, 2048],
    ],
    goal: 1,
  },
  'closed-form layers': {
    sides: [
      [512, 512],
      [1024, 1024],
    ],
    goal: 1.5,
  },
  'multi-level layers': {
    sides: [
      [2448, 1634],
      [4000, 3000],
    ],
    goal: 0.8,
  },
};

/** Names in the catalogue and side of the pictures; folders below `LATENT_MATTE_BENCH_NETS`, default `../shared/data/nets`. */
const ONNX = [
  ['prisma-net', 256],
  ['sinet', 320],
  ['deeplab-person', 513],
] as const;

const PHOTOS = [
  ['cutout', 12, 3, undefined],
  ['enhance', 12, 6, 1],
  ['enhance', 50, 15, 2],
] as const;

/** docs/performance.md holds these figures, with the goals. */
export const speed: Section = {
  name: 'speed',
  title:
    'what docs/performance.md shows: CPU time, medians, in turns with what an expert would use',
  async run(bench) {
    const peer = Peer.inPython();
    const page = Peer.inWebAssembly();
    try {
      await search(bench);
      await solvers(bench, peer);
      await networks(bench, bench.backend.chosenDevice === 'wasm' ? page : peer);
      await photographs(bench);
    } finally {
      await Promise.all([peer.close(), page.close()]);
    }
  },
};

async function search(bench: Bench): Promise<void> {
  const name = `fast, ${FAST_STEPS} steps at 512²`;
  if (bench.wants(name)) {
    const elapsed = processorClock();
    const { seconds } = await enhancePortrait(discPortrait(512), { steps: FAST_STEPS });
    bench.report(name, elapsed() / 1000, 's CPU', `${seconds.toFixed(1)} s by the clock`);
    bench.skip('fast in PyTorch', 'this repository has no port of the search');
  }
  const gradient = 'compact StyleGAN2 forward and backward';
  if (!bench.wants(gradient)) return;
  const generator = await loadCompactGenerator();
  const code = generator.meanLatent();
  const times: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const elapsed = processorClock();
    const found = tf.tidy(() =>
      tf.grads((styles) =>
        tf.sum(generator.synthesize({ ...code, styles: styles as tf.Tensor3D })),
      )([code.styles]),
    );
    await found[0]!.data();
    tf.dispose(found);
    if (round > 0) times.push(elapsed());
  }
  bench.row({ name: gradient, milliseconds: median(times), note: 'CPU' });
  tf.dispose([code.styles, ...code.noise]);
  generator.dispose();
}

async function solvers(bench: Bench, peer: Peer): Promise<void> {
  for (const [work, { sides, goal }] of Object.entries(SOLVERS)) {
    for (const [width, height] of sides) {
      const name = `${work} ${width}×${height}`;
      if (!bench.wants(name)) continue;
      const { image, alpha } = mockComposite(width, height);
      const classes = trimapFromAlpha(alpha.data, width, height, 4, 4);
      const trimap = { ...alpha, data: Float32Array.from(classes, (level) => level / 2) };
      const run: Record<string, () => Promise<unknown>> = {
        'closed-form matting': () => closedFormMatting(image, trimap),
        refineMatte: () => refineMatte(image, alpha, trimap),
        'closed-form layers': () => estimateForeground(image, alpha, { method: 'closed-form' }),
        'multi-level layers': () => estimateForeground(image, alpha),
      };
      const pictures = { image: image.data, alpha: alpha.data, trimap: trimap.data };
      await againstPeer(bench, peer, name, run[work]!, { work, width, height, ...pictures }, goal);
    }
  }
}

/**
 * As a process asks that looks at many pictures, and as onnxruntime does: on native as one graph. Beside onnxruntime in Python,
 * on wasm beside onnxruntime-web.
 */
async function networks(bench: Bench, peer: Peer): Promise<void> {
  await useNodeBackend({ device: bench.backend.chosenDevice, compile: 'always' });
  try {
    await eachNetwork(bench, peer);
  } finally {
    await useNodeBackend({ device: bench.backend.chosenDevice });
  }
}

async function eachNetwork(bench: Bench, peer: Peer): Promise<void> {
  const folder = resolve(process.env.LATENT_MATTE_BENCH_NETS ?? '../shared/data/nets');
  for (const [network, side] of ONNX) {
    const name = `${network} (ONNX) forward`;
    if (!bench.wants(name)) continue;
    const from = join(folder, network);
    const model = (await readdir(from).catch(() => [])).find((file) => file.endsWith('.onnx'));
    const entry = catalogueEntry(network);
    if (model === undefined || entry?.weights !== 'file') {
      bench.skip(name, `no ${from}`);
      continue;
    }
    const contents = await readCatalogueFiles(entry, from);
    const { format, roles, constants, license } = entry;
    const file = {
      name: network,
      license,
      contents,
      format,
      roles,
      ...(constants && { constants }),
    };
    const matting = (await loadModelFile(file, 'matting', noConverter)) as MattingModel;
    const image = tf.randomUniform([1, side, side, 3]) as tf.Tensor4D;
    const job = { work: 'onnx', model: join(from, model), shape: [1, 3, side, side] } as const;
    await againstPeer(bench, peer, name, () => matting.alpha({ image }), job, 1.3);
    image.dispose();
    matting.dispose();
  }
}

/** Only graph models need it. */
const noConverter = async (): Promise<never> => {
  throw new Error('An ONNX file asked for the converter of graph models.');
};

async function photographs(bench: Bench): Promise<void> {
  for (const [work, megapixels, seconds, gigabytes] of PHOTOS) {
    const name = `${work} of ${megapixels} MP${work === 'enhance' ? ', 2 steps' : ''}`;
    if (!bench.wants(name)) continue;
    const script = [
      'scripts/bench/photo-run.mjs',
      bench.backend.chosenDevice,
      work,
      String(megapixels),
    ];
    try {
      const { stdout } = await promisify(execFile)(process.execPath, script);
      const found = JSON.parse(stdout) as { cpu: number; wall: number; gigabytes: number };
      const memory = gigabytes === undefined ? '' : `, ${gigabytes} GB`;
      const note = `${found.gigabytes.toFixed(2)} GB; goal ≤ ${seconds} s${memory}`;
      bench.report(name, found.cpu, 's CPU', note);
    } catch (error) {
      bench.skip(name, ((error as { stderr?: string }).stderr ?? String(error)).slice(0, 200));
    }
  }
}
