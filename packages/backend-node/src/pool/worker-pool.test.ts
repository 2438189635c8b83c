import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import '@latent-matte/models';
import {
  AbortedError,
  BackendError,
  type EnhanceOptions,
  estimateForeground,
  type Generator,
  ImageTooSmallError,
  InvalidOptionError,
  invertPortrait,
  type RasterImage,
  refineMatte,
  registerMattingModel,
  registerTrimapModel,
  UnknownModelError,
} from '@latent-matte/core';
import type { LabelledPair } from '@latent-matte/core/generate';
import { mockMattingModel, mockPortrait, mockTrimapModel } from '@latent-matte/core/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { enhancePortrait, type NodeEnhancement } from '../calls/enhance-portrait';
import { cutOut, matte, type NodeCutOut } from '../cut-out/cut-out';
import { useNodeBackend } from '../device/use-node-backend';
import { readImage } from '../image/read-image';
import { encodeImage } from '../image/write-image';
import { enhancePortraits, type PortraitOutcome } from './enhance-portraits';
import { MOST_PATIENCE } from './portrait-thread';
import { createWorkerPool, type WorkerPool } from './worker-pool';

const setup = new URL('../testing/pool-models.mjs', import.meta.url);
const options: EnhanceOptions = {
  model: 'mock',
  steps: 3,
  workingSize: 64,
  advanced: { trimap: 'mock', selectEvery: 1 },
};
const portraits = [mockPortrait(64, 64, 1), mockPortrait(96, 64, 2), mockPortrait(64, 80, 3)];

/** What a cut-out holds, without the ways to save it. */
const held = (person: NodeCutOut) =>
  Object.fromEntries(Object.entries(person).filter(([, value]) => typeof value !== 'function'));

/** Without the clock. */
const timeless = ({ seconds: _, history, before, after, ...rest }: NodeEnhancement) => ({
  ...rest,
  before: held(before),
  after: held(after),
  history: history.map(({ elapsedSeconds: _1, remainingSeconds: _2, ...step }) => step),
});

let pool: WorkerPool;
beforeAll(async () => {
  await useNodeBackend({ device: 'wasm' });
  registerTrimapModel('mock', () => mockTrimapModel());
  registerMattingModel('mock', () => mockMattingModel());
  pool = await createWorkerPool({ device: 'wasm', workers: 2, setup });
});
afterAll(() => pool?.close());

const failure = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error) => error);

describe('a worker pool', () => {
  it('gives the bytes that one at a time gives, and leaves the pictures with their owner', async () => {
    expect(pool).toMatchObject({ workers: 2, description: expect.stringMatching(/^wasm: /) });
    const copies = structuredClone(portraits);
    const parallel = await Promise.all(
      portraits.map((image) => pool.enhancePortrait(image, options)),
    );
    for (const [i, result] of parallel.entries()) {
      expect(timeless(result)).toEqual(timeless(await enhancePortrait(portraits[i]!, options)));
    }
    expect(portraits).toEqual(copies);
  });

  it('cuts out, and gives mattes, as on this thread, and what it gives can be saved', async () => {
    const photo = portraits[1]!;
    // Needs a trimap, whose model goes by name.
    const asked = { model: 'mock', advanced: { trimap: 'mock' } };
    const bytes = await encodeImage(photo, 'png');
    const told: number[] = [];
    const [person, alpha] = await Promise.all([
      pool.cutOut(bytes, {
        ...asked,
        background: '#fff',
        onProgress: (done) => void told.push(done),
      }),
      pool.matte(photo, asked),
    ]);
    const expected = await cutOut(bytes, { ...asked, background: '#fff' });
    expect(person.image).toEqual(expected.image);
    expect(told.at(-1)).toBe(1);
    expect(alpha.alpha).toEqual((await matte(photo, asked)).alpha);
    expect(await readImage(await person.toBuffer())).toMatchObject({ width: 96, height: 64 });
    const wrong = pool.cutOut(bytes, { backgroud: '#fff' } as never);
    await expect(wrong).rejects.toThrow('Did you mean "background"?');
  });

  it('runs the shipped networks by default', async () => {
    const quick: EnhanceOptions = {
      steps: 0,
      advanced: { select: 'last', weights: { agreement: 0 } },
    };
    // They see nobody in a drawing.
    const photo = await readImage(
      fileURLToPath(
        new URL('../../../../examples/quickstart/astronaut-portrait.png', import.meta.url),
      ),
    );
    const { settings } = await pool.enhancePortrait(photo, quick);
    expect(settings).toMatchObject({ model: 'portrait-matte', trimap: 'portrait-trimap' });
  });

  it('tells phases and steps in order, all before the result', async () => {
    const events: (string | number)[] = [];
    const { history } = await pool.enhancePortrait(portraits[0]!, {
      ...options,
      onProgress: ({ step, preview }) => {
        events.push(step);
        if (preview) events.push(preview.portrait.data.length);
      },
      advanced: { ...options.advanced, previewEvery: 2, onPhase: (phase) => events.push(phase) },
    });
    const pixels = 64 * 64 * 3;
    expect(events).toEqual([
      'load',
      'invert',
      'optimize',
      0,
      pixels,
      1,
      2,
      pixels,
      3,
      pixels,
      'finish',
    ]);
    expect(history).toHaveLength(4);
  });

  it('keeps the class, the code and the remedy of errors', async () => {
    const tiny = await failure(pool.enhancePortrait(mockPortrait(8, 8), options));
    expect(tiny).toBeInstanceOf(ImageTooSmallError);
    expect(tiny).toMatchObject({ code: 'IMAGE_TOO_SMALL', remedy: expect.stringContaining('32') });
    const unknown = await failure(pool.enhancePortrait(portraits[0]!, { model: 'nobody' }));
    expect(unknown).toBeInstanceOf(UnknownModelError);
    const wrong = { ...portraits[0]!, data: 'text' } as unknown as RasterImage;
    expect(await failure(pool.enhancePortrait(wrong, options))).toMatchObject({
      code: 'INVALID_IMAGE',
    });
  });

  it('refuses what cannot cross', async () => {
    const reference = mockMattingModel();
    const error = await failure(pool.enhancePortrait(portraits[0]!, { reference }));
    expect(error).toBeInstanceOf(InvalidOptionError);
    expect((error as InvalidOptionError).remedy).toContain('setup');
    reference.dispose();
  });

  it('stops at a signal with the best result so far, in work or waiting', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const onProgress = ({ step }: { step: number }) => {
      if (step === 1) controller.abort();
    };
    const long = { ...options, steps: 10_000, signal };
    const running = failure(pool.enhancePortrait(portraits[0]!, { ...long, onProgress }));
    const beside = failure(pool.enhancePortrait(portraits[1]!, long));
    const waiting = failure(pool.enhancePortrait(portraits[2]!, long));
    const error = (await running) as AbortedError<NodeEnhancement>;
    expect(error).toBeInstanceOf(AbortedError);
    expect(error.best?.portrait.data).toHaveLength(64 * 64 * 3);
    expect(await beside).toBeInstanceOf(AbortedError);
    expect(await waiting).toMatchObject({
      code: 'ABORTED',
      message: 'Cancelled before the start.',
    });
    expect(await failure(pool.enhancePortrait(portraits[0]!, long))).toBeInstanceOf(AbortedError);
  });

  it('ends a thread that does not hear the signal, and goes on with another', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const stuck = failure(pool.enhancePortrait(portraits[0]!, { model: 'endless', signal }));
    await sleep(100);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      controller.abort();
      vi.advanceTimersByTime(MOST_PATIENCE);
      expect(await stuck).toMatchObject({
        code: 'ABORTED',
        message: expect.stringMatching(/ended/),
      });
    } finally {
      vi.useRealTimers();
    }
    const next = await failure(pool.enhancePortrait(portraits[0]!, options));
    expect(next).toMatchObject({ bestStep: expect.any(Number) });
  });

  it('ends a run whose listener throws, with its error', async () => {
    const mine = new TypeError('mine');
    const onProgress = () => {
      throw mine;
    };
    const run = pool.enhancePortrait(portraits[0]!, { ...options, steps: 10_000, onProgress });
    expect(await failure(run)).toBe(mine);
  });

  it.each([
    ['crashing', 'exit code 3'],
    ['throwing', 'wild'],
  ])('reports a %s worker, replaces it and goes on', async (reference, why) => {
    const jobs = [reference, 'mock', 'mock', 'mock'].map((name) =>
      failure(pool.enhancePortrait(portraits[0]!, { ...options, model: name })),
    );
    const [crash, ...others] = await Promise.all(jobs);
    expect(crash).toBeInstanceOf(BackendError);
    expect((crash as BackendError).message).toContain(`A worker crashed (${why})`);
    for (const other of others) expect(other).toMatchObject({ bestStep: expect.any(Number) });
  });

  it('runs every other long call by its name', async () => {
    const photo = portraits[0]!;
    const data = new Float32Array(64 * 64).map((_, i) => (i % 64) / 63);
    const map = { width: 64, height: 64, channels: 1, data } as const;
    const shares: number[] = [];
    const onProgress = (share: number) => shares.push(share);
    expect(await pool.run('refineMatte', [photo, map, map, { onProgress }])).toEqual(
      await refineMatte(photo, map, map),
    );
    expect(shares.at(-1)).toBe(1);
    expect(await pool.run('estimateForeground', [photo, map])).toEqual(
      await estimateForeground(photo, map),
    );
    const steps: number[] = [];
    const invert = { generator: 'residual-pyramid', perceptual: 'compact' } as const;
    const { code } = await pool.run('invertPortrait', [photo, invert], ({ step }) => {
      steps.push(step);
    });
    expect(code).toEqual((await invertPortrait(photo, invert)).code);
    expect(steps.length).toBeGreaterThan(0);
    const pairs: LabelledPair[] = [];
    const { model: _, advanced, ...label } = options;
    const research = { ...advanced, weights: { agreement: 0 } };
    const stream = {
      ...label,
      models: ['mock'],
      portraits,
      label: 'plain',
      advanced: research,
    } as const;
    await pool.run('labelPortraits', [stream], (pair) => pairs.push(pair));
    expect(pairs.map(({ index }) => index)).toEqual([0, 1, 2]);
    const spread: LabelledPair[] = [];
    for await (const pair of pool.labelPortraits(stream)) spread.push(pair);
    expect(spread).toEqual(pairs);
    const first = pool.labelPortraits({ ...stream, start: 1 });
    expect((await first.next()).value).toMatchObject({ index: 1 });
    await first.return();
    const generator = { name: 'mine', specVersion: 1 } as unknown as Generator;
    expect(await failure(pool.run('invertPortrait', [photo, { generator }]))).toMatchObject({
      code: 'INVALID_OPTION',
      remedy: expect.stringContaining('setup'),
    });
  });

  it('ends what runs and what waits when it is closed', async () => {
    const brief = await createWorkerPool({
      device: 'wasm',
      workers: 1,
      setup: fileURLToPath(setup),
    });
    let started: () => void = () => undefined;
    const optimizing = new Promise<void>((resolve) => {
      started = resolve;
    });
    const long = { ...options, steps: 10_000, onProgress: () => started() };
    const jobs = [0, 1].map((i) => failure(brief.enhancePortrait(portraits[i]!, long)));
    await optimizing;
    await brief.close();
    for (const job of jobs) expect(await job).toBeInstanceOf(AbortedError);
    expect(await failure(brief.enhancePortrait(portraits[0]!))).toBeInstanceOf(BackendError);
    await brief.close();
  });

  it('does not start with a wrong option', async () => {
    const cases: [Parameters<typeof createWorkerPool>[0], string][] = [
      [{ workers: 0 }, 'workers is 0'],
      [{ workers: 1e6 }, 'workers is 1000000'],
      [{ device: 'tpu' as 'cpu' }, 'no device "tpu"'],
      [{ device: 'cpu', workers: 2, setup: '/none/such.mjs' }, 'such.mjs fails in the worker'],
    ];
    for (const [wrong, message] of cases) {
      const error = await failure(createWorkerPool(wrong));
      expect(error).toBeInstanceOf(InvalidOptionError);
      expect((error as Error).message).toContain(message);
    }
  });
});

describe('enhancePortraits', () => {
  it('yields each portrait as it is done, failures too, taking pictures as they are needed', async () => {
    let taken = 0;
    function* pictures() {
      for (const image of [portraits[0]!, mockPortrait(8, 8), portraits[1]!, portraits[2]!]) {
        taken++;
        yield image;
      }
    }
    const outcomes: PortraitOutcome[] = [];
    const steps = new Map<number, number>();
    const run = enhancePortraits(pictures(), {
      ...options,
      device: 'wasm',
      workers: 1,
      setup,
      onProgress: ({ step }, index) => steps.set(index, step),
    });
    for await (const outcome of run) {
      outcomes.push(outcome);
      expect(taken).toBe(outcomes.length);
    }
    expect(outcomes.map(({ index }) => index)).toEqual([0, 1, 2, 3]);
    expect(outcomes[1]!.error).toBeInstanceOf(ImageTooSmallError);
    for (const i of [0, 2, 3]) {
      expect(outcomes[i]!.enhancement!.history).toHaveLength(4);
      expect(steps.get(i)).toBe(3);
    }
  });

  it('throws when its signal fires, and refuses models before it starts anything', async () => {
    const signal = AbortSignal.abort();
    await expect(enhancePortraits(portraits, { signal }).next()).rejects.toBeInstanceOf(
      AbortedError,
    );
    const reference = mockMattingModel();
    await expect(enhancePortraits(portraits, { reference }).next()).rejects.toBeInstanceOf(
      InvalidOptionError,
    );
    reference.dispose();
  });
});
