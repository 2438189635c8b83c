import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadModel, readImage, writeImage } from '@latent-matte/backend-node';
import {
  loadLatents,
  openCheckpoint,
  serializeSafetensors,
  type TensorSource,
  toFloat32,
} from '@latent-matte/backend-node/checkpoints';
import type { Generator } from '@latent-matte/backend-node/core';
import { latentCode } from '@latent-matte/backend-node/internal';
import { randomStyleGAN2Weights } from '@latent-matte/backend-node/models';
import * as write from '@latent-matte/test-kit/pickle-writer';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { run } from '../run';
import { fakeSource, memoryTerminal } from '../testing/fake-enhancement';

let folder: string;
const at = (name: string) => join(folder, name);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latent-matte-models-'));
  vi.stubEnv('LATENT_MATTE_MODELS', at('models'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

async function command(...parameters: string[]) {
  const terminal = memoryTerminal();
  const code = await run(parameters, terminal, new AbortController().signal);
  return { code, out: terminal.outs.join('\n'), notes: terminal.notes.join('\n') };
}

const fixture = (name: string) =>
  fileURLToPath(new URL(`../../../core/fixtures/formats/${name}`, import.meta.url));
const open = async (name: string) => openCheckpoint(new Uint8Array(await readFile(at(name))));

/** A tiny StyleGAN2 with its discriminator, as a training checkpoint. */
async function writeStyleGan(name: string): Promise<string> {
  const { tensors } = randomStyleGAN2Weights({
    resolution: 16,
    channels: [4, 4, 4],
    styleSize: 8,
    mappingLayers: 2,
  });
  const optimizer: [string, TensorSource] = [
    'g_optim/state/0/exp_avg',
    { dtype: 'F32', shape: [1], data: Float32Array.of(1) },
  ];
  await writeFile(at(name), serializeSafetensors([...tensors, optimizer]));
  return at(name);
}

describe('convert', () => {
  it('writes the moving average of a StyleGAN2-ADA pickle under rosinality names, with its settings', async () => {
    const { code, out } = await command('convert', fixture('ada.pkl'), at('g.safetensors'));
    expect(code).toBe(0);
    expect(out).toContain('read as    pickle, stylegan2');
    const { tensors, scalars } = await open('g.safetensors');
    expect(tensors.get('conv1.conv.weight')!.shape).toEqual([1, 12, 12, 3, 3]);
    expect(tensors.get('latent_avg')!.shape).toEqual([16]);
    expect(scalars.get('init_kwargs/z_dim')).toBe(16);
    const original = await openCheckpoint(new Uint8Array(await readFile(fixture('ada.pkl'))));
    expect(toFloat32(tensors.get('conv1.conv.weight')!)).toEqual(
      toFloat32(original.tensors.get('G_ema/synthesis.b4.conv1.weight')!),
    );
  });

  it('takes another network by --key, and keeps names with --raw', async () => {
    await command('convert', fixture('ada.pkl'), at('d.safetensors'), '--key', 'D');
    expect((await open('d.safetensors')).tensors.has('final_conv.0.weight')).toBe(true);
    await command('convert', fixture('ada.pkl'), at('raw.safetensors'), '--key', 'D', '--raw');
    expect((await open('raw.safetensors')).tensors.has('b4.conv.weight')).toBe(true);
    const missing = await command('convert', fixture('ada.pkl'), at('x.safetensors'), '--key', 'H');
    expect(missing).toMatchObject({ code: 1 });
    expect(missing.notes).toMatch(/no tensors under "H".\n.*There are: G, D, G_ema/);
  });

  it('stores float16 where it can, and says where it cannot', async () => {
    const data = Float32Array.of(1 / 3, 70000);
    const tensors: [string, TensorSource][] = [
      ['small', { dtype: 'F32', shape: [1], data: data.slice(0, 1) }],
      ['large', { dtype: 'F32', shape: [1], data: data.slice(1) }],
      ['count', { dtype: 'I64', shape: [], bytes: new Uint8Array(8) }],
    ];
    await writeFile(at('in.safetensors'), serializeSafetensors(tensors));
    const result = await command(
      ...['convert', at('in.safetensors'), at('out.safetensors'), '--dtype', 'f16', '--json'],
    );
    expect(JSON.parse(result.out)).toMatchObject({
      format: 'safetensors',
      tensors: 3,
      beyondFloat16: ['large'],
    });
    const written = await open('out.safetensors');
    const dtypes = ['small', 'large', 'count'].map((name) => written.tensors.get(name)!.dtype);
    expect(dtypes).toEqual(['F16', 'F32', 'I64']);
    expect(toFloat32(written.tensors.get('large')!)).toEqual(Float32Array.of(70000));
    await command('convert', at('out.safetensors'), at('back.safetensors'), '--dtype', 'f32');
    const back = toFloat32((await open('back.safetensors')).tensors.get('small')!);
    expect(back[0]).toBeCloseTo(1 / 3, 3);
  });

  it.each([
    ['p01_os_system.pt', /forbidden global posix\.system/],
    ['p13_truncated.pt', /cut off/],
    ['s01_nan.safetensors', /holds NaN/],
    ['absent.pt', /There is no file/],
  ])('refuses %s and leaves nothing behind', async (name, message) => {
    const { code, notes } = await command('convert', fixture(name), at('out.safetensors'));
    expect(code).toBe(1);
    expect(notes).toMatch(message);
    expect(await readdir(folder)).toEqual([]);
  });

  it('refuses one tensor under so many names that the file would grow without end', async () => {
    // 4 KB of values, 18,000 names: 74 MB.
    const shared = write.bytes(
      write.tensor('0', 1024, [1024], [1]),
      ...['q', 0, '0}('],
      ...Array.from({ length: 18_000 }, (_, i) => write.bytes(write.text(`w${i}`), 'h', 0)),
      'u',
    );
    const values = Array.from({ length: 1024 }, () => 1);
    await writeFile(at('shared.pt'), write.legacyFile(shared, { 0: values }));
    const { code, notes } = await command('convert', at('shared.pt'), at('out.safetensors'));
    expect(code).toBe(1);
    expect(notes).toMatch(
      /so many names that a safetensors file of them would have 73728000 bytes/,
    );
    expect(await readdir(folder)).toEqual(['shared.pt']);
  });

  it('never writes over its input', async () => {
    const path = await writeStyleGan('g.safetensors');
    expect((await command('convert', path, path)).notes).toContain('same file');
  });
});

describe('models', () => {
  it('adds, lists, loads, verifies and removes a model', async () => {
    const path = await writeStyleGan('gan.safetensors');
    const added = await command('models', 'add', path, '--id', 'tiny', '--license', 'MIT');
    expect(added).toMatchObject({ code: 0, notes: '' });
    expect(added.out).toContain('tiny (generator, stylegan2)');
    expect((await readdir(at('models'))).sort()).toEqual(['tiny.json', 'tiny.safetensors']);

    const { out } = await command('models', 'list', '--json');
    expect(JSON.parse(out).installed).toMatchObject([
      { id: 'tiny', kind: 'generator', network: 'stylegan2', license: 'MIT' },
    ]);
    expect((await command('models', 'list')).out).toMatch(/tiny +generator +MIT/);
    const before = tf.memory().numTensors;
    const generator = (await loadModel('tiny')) as Generator;
    expect(generator).toMatchObject({ resolution: [16, 16], license: 'MIT' });
    generator.dispose();
    expect(tf.memory().numTensors).toBe(before);

    expect(await command('models', 'verify')).toMatchObject({ code: 0, out: 'tiny ok' });
    const weights = await readFile(at('models/tiny.safetensors'));
    weights[weights.length - 1] ^= 1;
    await writeFile(at('models/tiny.safetensors'), weights);
    expect(await command('models', 'verify', 'tiny')).toMatchObject({
      code: 1,
      notes: expect.stringContaining('SHA-256'),
    });
    await expect(loadModel('tiny')).rejects.toThrow(/SHA-256/);

    expect((await command('models', 'remove', 'tiny')).code).toBe(0);
    expect(await readdir(at('models'))).toEqual([]);
    await expect(loadModel('tiny')).rejects.toThrow(/There is no model "tiny"/);
  });

  it('refuses what does not fit, and keeps nothing of it', async () => {
    const path = await writeStyleGan('gan.safetensors');
    const add = (...rest: string[]) => command('models', 'add', path, ...rest);
    expect((await add('--id', 'a', '--network', 'vgg16')).notes).toMatch(/is missing/);
    expect((await add('--id', 'a', '--network', 'none')).notes).toMatch(/no network "none"/);
    expect((await add('--id', '../a')).notes).toMatch(/cannot be the id/);
    const plain = await command('models', 'add', fixture('legacy.pth'), '--id', 'a');
    expect(plain.notes).toMatch(/not recognised/);
    expect(existsSync(at('models')) ? await readdir(at('models')) : []).toEqual([]);
    await add('--id', 'a');
    expect((await add('--id', 'a')).notes).toMatch(/a model "a" already/);
    expect((await add('--id', 'a', '--force')).code).toBe(0);
    expect((await command('models', 'remove', 'b')).notes).toMatch(/no installed model "b"/);
    expect((await command('models', 'verify', 'b')).notes).toMatch(/no installed model "b"/);
  });

  it('names a damaged description, goes on with the others, and removes it all the same', async () => {
    const path = await writeStyleGan('gan.safetensors');
    await command('models', 'add', path, '--id', 'a');
    await command('models', 'add', path, '--id', 'b');
    await writeFile(at('models/a.json'), '{');
    const list = await command('models', 'list');
    expect(list).toMatchObject({ code: 0, notes: expect.stringMatching(/a\.json is damaged/) });
    expect(list.out).toMatch(/^ {2}b /m);
    const all = await command('models', 'verify');
    expect(all).toMatchObject({ code: 1, out: expect.stringContaining('b ok') });
    expect(all.notes).toMatch(/models remove a/);
    expect(await command('models', 'verify', 'b')).toMatchObject({ code: 0, notes: '' });
    expect((await command('models', 'verify', 'a')).code).toBe(1);
    expect((await command('models', 'remove', 'a')).code).toBe(0);
  });
});

describe('invert', () => {
  it('writes latents that can be gone on from, and the portrait', async () => {
    await writeImage(at('photo.png'), fakeSource());
    const gan = await writeStyleGan('gan.safetensors');
    const base = ['invert', at('photo.png'), '--steps', '3', '--device', 'wasm'];
    const first = await command(
      ...[...base, '--generator', gan, '-o', at('a.safetensors'), '--portrait', at('p.png')],
    );
    expect(first).toMatchObject({ code: 0, out: expect.stringMatching(/PSNR +\d+\.\d dB in 3/) });
    const { latents, generator, metadata } = await loadLatents(at('a.safetensors'));
    expect(generator).toBe('gan.safetensors');
    expect(Number(metadata.get('psnr'))).toBeGreaterThan(3);
    expect(latents.styles.shape).toEqual([6, 8]);
    const source = fakeSource();
    expect(await readImage(at('p.png'))).toMatchObject({
      width: source.width,
      height: source.height,
    });
    const code = latentCode(latents);
    tf.dispose([code.styles, ...code.noise]);

    await command('models', 'add', gan, '--id', 'tiny');
    const second = await command(
      ...[...base, '--generator', 'tiny', '--start', at('a.safetensors')],
      ...['-o', at('b.safetensors'), '--json'],
    );
    const { psnr, steps, history } = JSON.parse(second.out);
    expect(steps).toBe(3);
    expect(history[0].psnr).toBeCloseTo(Number(metadata.get('psnr')), 2);
    expect(psnr).toBeGreaterThan(0);
  });

  it('refuses an unknown generator and a wrong name, and writes nothing', async () => {
    await writeImage(at('photo.png'), fakeSource());
    const invert = (...rest: string[]) =>
      command('invert', at('photo.png'), '--device', 'cpu', ...rest);
    const unknown = await invert('--generator', 'nobody', '-o', at('a.safetensors'));
    expect(unknown.notes).toMatch(/no generator called "nobody"/);
    const name = await invert('--generator', 'nobody', '-o', at('a.png'));
    expect(name.notes).toMatch(/no \.safetensors file/);
    const out = ['--generator', 'nobody', '-o', at('a.safetensors')];
    expect((await invert(...out, '--start', 'a', '--encoder', 'b')).notes).toMatch(
      /one of --start/,
    );
    const gan = await writeStyleGan('gan.safetensors');
    const encoder = await invert('--generator', gan, ...out.slice(2), '--encoder', gan);
    expect(encoder.notes).toMatch(/do not fit e4e/);
    await rm(gan);
    expect(await readdir(folder)).toEqual(['photo.png']);
  });
});
