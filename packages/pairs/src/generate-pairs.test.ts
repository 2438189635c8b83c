import { createHash } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readImage, useNodeBackend, writeImage } from '@latent-matte/backend-node';
import * as core from '@latent-matte/backend-node/core';
import * as models from '@latent-matte/backend-node/models';
import { AbortedError, parseLatents } from '@latent-matte/core';
import * as mocks from '@latent-matte/core/testing';
import { tree } from '@latent-matte/test-kit/tree';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  createPairMaker,
  fillOutput,
  GenerationOutput,
  indexRange,
  type NamedPairOptions,
  type PairMaker,
  pairOptionsOf,
  readBackgrounds,
  runSettings,
} from './index';
import { registerTinyModels } from './testing/tiny-models.mjs';

const options: NamedPairOptions = {
  generator: 'tiny',
  references: ['tiny', 'other'],
  trimap: 'tiny',
  discriminator: 'tiny',
  steps: 2,
  seed: 1,
  gate: { maxEntropy: 0.6, minCoverage: 0, minLargestPart: 0.3, maxUnknown: 1 },
};
const setup = new URL('./testing/generate-models.mjs', import.meta.url);

let folder: string;
let here: PairMaker;
beforeAll(async () => {
  registerTinyModels(mocks, { ...core, ...models });
  await useNodeBackend({ device: 'wasm' });
  here = await createPairMaker(pairOptionsOf(await runSettings(options, 'wasm')));
});
afterAll(() => here.close());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latent-matte-pairs-'));
});
afterEach(() => rm(folder, { recursive: true }));

const out = (name = 'out') => join(folder, name);
const open = async (name = 'out', more: Partial<NamedPairOptions> = {}) =>
  GenerationOutput.open(out(name), await runSettings({ ...options, ...more }, 'wasm'));

describe('pairs in a folder', () => {
  it('are a data set with a line for each, and the same whatever makes them', async () => {
    const output = await open();
    const summary = await fillOutput(output, indexRange(0, 6), here);
    const listed = await output.writeManifest();
    expect(summary).toMatchObject({ found: 0 });
    expect(summary.accepted + summary.rejected).toBe(6);
    expect(listed).toMatchObject({ pairs: 6, accepted: summary.accepted });
    const once = await tree(out());

    const lines = (await readFile(join(out(), 'manifest.jsonl'), 'utf8')).trim().split('\n');
    const records = lines.map((line) => JSON.parse(line));
    expect(records.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(new Set(records.map(({ models }) => models.reference.name)).size).toBe(2);
    for (const record of records) {
      expect(record).toMatchObject({ seed: 1, device: 'wasm', versions: { tfjs: '4.22.0' } });
      expect(record.label).toBe('refined');
      expect(record.accepted).toBe(record.reasons.length === 0);
      expect(Object.keys(record.files)).toHaveLength(record.accepted ? 4 : 0);
      for (const { path, size, sha256 } of Object.values(record.files) as never[]) {
        const bytes = await readFile(join(out(), path));
        expect(bytes).toHaveLength(size);
        expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256);
      }
    }
    // Both kinds are there, or the test shows little.
    expect(listed.accepted).toBeGreaterThan(0);
    expect(listed.rejected).toBeGreaterThan(0);
    const { files, index } = records.find(({ accepted }) => accepted);
    expect(files.image.path).toBe(`00000/image/0000000${index}.png`);
    expect(await readImage(join(out(), files.image.path))).toMatchObject({
      channels: 3,
      width: 32,
    });
    expect(await readImage(join(out(), files.alpha.path))).toMatchObject({ height: 32 });
    const latents = parseLatents(await readFile(join(out(), files.latents.path)));
    expect(latents.metadata.get('index')).toBe(String(index));

    const pool = await createPairMaker(pairOptionsOf(output.settings, 2), {
      device: 'wasm',
      workers: 2,
      setup,
    });
    const other = await open('threads');
    try {
      await fillOutput(other, indexRange(3, 3), pool);
      await fillOutput(other, indexRange(0, 6), pool);
    } finally {
      await pool.close();
    }
    await other.writeManifest();
    expect(await tree(out('threads'))).toEqual(once);
  });

  it('go on where they were stopped, and mend what is damaged', async () => {
    const output = await open('whole');
    await fillOutput(output, indexRange(0, 4), here);
    await output.writeManifest();
    const whole = await tree(out('whole'));

    const controller = new AbortController();
    const first = await open();
    await expect(
      fillOutput(first, indexRange(0, 4), here, {
        signal: controller.signal,
        onProgress: ({ done }) => done === 2 && controller.abort(),
      }),
    ).rejects.toBeInstanceOf(AbortedError);
    expect((await first.records()).length).toBe(2);
    // As a kill would leave them.
    const temporary = join(out(), '00000', 'record', '.00000003.json.999999.0a1b2c3d.tmp');
    await writeFile(temporary, '{"index":3,');
    const records = await first.records();
    await writeFile(join(out(), '00000', 'record', '00000000.json'), '{"index":0,"se');
    const { path } = records.find(({ record }) => record.files.alpha)!.record.files.alpha!;
    await writeFile(join(out(), path), 'x');

    const second = await open();
    await second.store.tidy(false);
    await expect(stat(temporary)).rejects.toThrow('ENOENT');
    await fillOutput(second, indexRange(0, 4), here);
    await second.writeManifest();
    expect(await tree(out())).toEqual(whole);
    const third = await fillOutput(await open(), indexRange(0, 4), here);
    expect(third).toEqual({ found: 4, accepted: 0, rejected: 0 });
  });

  it('keep what they are asked to keep', async () => {
    const settings = await runSettings(
      { ...options, gate: { maxEntropy: 0, maxUnknown: 1 } },
      'wasm',
      {
        latents: false,
        enhanced: true,
        rejected: true,
      },
    );
    const maker = await createPairMaker(pairOptionsOf(settings));
    const output = await GenerationOutput.open(out(), settings);
    await fillOutput(output, [7], maker);
    await maker.close();
    expect(Object.keys(await tree(out()))).toEqual([
      '00000/record/00000007.json',
      'generation.json',
      'rejected/00000/alpha/00000007.png',
      'rejected/00000/enhanced/00000007.png',
      'rejected/00000/image/00000007.png',
      'rejected/00000/trimap/00000007.png',
    ]);
    expect(await output.doneOf([6, 7])).toEqual(new Set([7]));
    expect(await output.writeManifest()).toEqual({
      pairs: 1,
      accepted: 0,
      rejected: 1,
      reasons: { entropy: 1 },
    });
  });

  it('do not mix with those of another run', async () => {
    await open();
    await expect(open('out', { seed: 2, steps: 3 })).rejects.toThrow(
      /other settings: generation.seed was 1, is 2; generation.steps was 2, is 3/,
    );
    await writeFile(join(folder, 'manifest.jsonl'), '{}\n');
    await expect(open('')).rejects.toThrow('manifest.jsonl without generation.json');
    const header = join(out(), 'generation.json');
    const text = await readFile(header, 'utf8');
    await writeFile(header, text.replace('"seed": 1', '"seed": 4'));
    await expect(open()).rejects.toThrow('changed by hand');
    await writeFile(header, text.replace('"tiny"', '{"__proto__": 1}'));
    await expect(open()).rejects.toThrow('of another kind');
    await writeFile(header, 'no JSON');
    await expect(GenerationOutput.attach(out())).rejects.toThrow('no JSON');
    await expect(GenerationOutput.attach(out('empty'))).rejects.toThrow('no generation.json');
  });

  it('remember their backgrounds', async () => {
    const paths: string[] = [];
    for (const grey of [40, 200]) {
      const path = join(folder, `${grey}.png`);
      const data = new Uint8Array(32 * 32 * 3).fill(grey);
      await writeImage(path, { width: 32, height: 32, channels: 3, data });
      paths.push(path);
    }
    const backgrounds = await readBackgrounds(paths);
    const settings = await runSettings(options, 'wasm', {}, backgrounds);
    expect(settings.backgrounds).toEqual([...backgrounds.sha256]);
    expect(new Set(settings.backgrounds).size).toBe(2);
    const maker = await createPairMaker(pairOptionsOf(settings, 1, backgrounds));
    const [before] = await here.generate([0], {});
    const [after] = await maker.generate([0], {});
    await maker.close();
    expect(after!.image).toEqual(before!.image);
    expect(after!.losses.initial.compositional).not.toBe(before!.losses.initial.compositional);
    const turned = await readBackgrounds(paths.toReversed());
    for (const others of [undefined, turned]) {
      expect(() => pairOptionsOf(settings, 1, others)).toThrow('The run has 2 backgrounds');
    }
    await GenerationOutput.open(out(), settings);
    await expect(open()).rejects.toThrow(/backgrounds\.0 was "[0-9a-f]{64}", is absent/);
  });

  it('need a folder that can be written', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    await expect(open('file/out')).rejects.toMatchObject({ code: 'OUTPUT' });
    await expect(open('../../proc/none')).rejects.toMatchObject({ code: 'OUTPUT' });
    // Root may write everywhere.
    if (process.getuid?.() === 0) return;
    await chmod(folder, 0o500);
    await expect(open()).rejects.toMatchObject({ code: 'OUTPUT' });
    await chmod(folder, 0o700);
  });

  it('tell how far they are', async () => {
    const seen: string[] = [];
    await fillOutput(await open(), indexRange(0, 2), here, {
      onProgress: ({ done, count, step, steps, remainingSeconds }) => {
        seen.push(`${done}/${count} ${step}/${steps}`);
        expect(remainingSeconds).toBeGreaterThanOrEqual(0);
      },
    });
    expect(seen).toEqual([
      ...['0/2 0/2', '0/2 1/2', '0/2 2/2', '1/2 0/2'],
      ...['1/2 0/2', '1/2 1/2', '1/2 2/2', '2/2 0/2'],
    ]);
  });
});

describe('a maker of pairs', () => {
  it('says at once what is wrong with its models', async () => {
    const pool = { device: 'wasm', workers: 1, setup } as const;
    const wrong: [Partial<NamedPairOptions>, string][] = [
      [{ generator: 'residual-pyramid' }, 'no mapping network'],
      [{ references: ['nobody'] }, 'no matting model called "nobody"'],
    ];
    for (const [more, message] of wrong) {
      const made = pairOptionsOf(await runSettings({ ...options, ...more }, 'wasm'));
      await expect(createPairMaker(made)).rejects.toThrow(message);
      await expect(createPairMaker(made, pool)).rejects.toThrow(message);
    }
    await expect(runSettings({ ...options, generator: {} as never }, 'wasm')).rejects.toThrow(
      'given as an object',
    );
  });

  it('knows the weights of embedded models by their hash', async () => {
    const { models } = await runSettings({ generator: 'tiny' }, 'wasm');
    const hash = expect.stringMatching(/^[0-9a-f]{64}$/);
    expect(models).toMatchObject({
      generator: { name: 'tiny', sha256: null },
      references: [{ name: 'portrait-matting', sha256: hash }],
      trimap: { name: 'portrait-trimap', sha256: hash },
      discriminator: { name: 'compact-discriminator', sha256: hash },
      foreground: { name: 'multi-level', sha256: null },
    });
    // One file holds the matting and the trimap network.
    expect(models.trimap.sha256).toBe(models.references[0]!.sha256);
    expect(models.discriminator.sha256).not.toBe(models.trimap.sha256);
  });
});
