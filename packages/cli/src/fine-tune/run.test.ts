import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { loadModel, type MattingModel, writeImage } from '@latent-matte/backend-node';
import { parseSafetensors } from '@latent-matte/backend-node/checkpoints';
import { mockComposite } from '@latent-matte/core/testing';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { run } from '../run';
import { memoryTerminal } from '../testing/fake-enhancement';

let folder: string;
const at = (...names: string[]) => join(folder, ...names);

/** `image/ alpha/` with a few portraits. */
async function writePairs(path: string, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const { image, alpha } = mockComposite(80 + 8 * i, 96);
    for (const [kind, picture] of Object.entries({ image, alpha })) {
      const file = join(path, kind, `${i}.png`);
      await mkdir(dirname(file), { recursive: true });
      await writeImage(file, picture);
    }
  }
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latent-matte-fine-tune-'));
  await writePairs(at('pairs', 'shard-0'), 2);
  await writePairs(at('pairs', 'shard-1'), 1);
  await writePairs(at('real'), 2);
  await writePairs(at('held-out'), 1);
  vi.stubEnv('LATENT_MATTE_MODELS', at('models'));
});
afterEach(async () => {
  for (const name of await readdir(folder)) {
    if (name.endsWith('.safetensors')) await rm(at(name));
  }
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

async function command(parameters: string[], signal = new AbortController().signal) {
  const terminal = memoryTerminal();
  const code = await run(parameters, terminal, signal);
  return { code, out: terminal.outs.join('\n'), notes: terminal.notes.join('\n') };
}

const base = () => [
  ...['fine-tune', '-m', 'compact-matting', '--device', 'wasm', '--steps', '3', '--batch', '1'],
  ...[
    '--crop',
    '64',
    '--validate-every',
    '2',
    '--checkpoint-every',
    '2',
    '--learning-rate',
    '1e-3',
  ],
  ...['--pairs', at('pairs'), '--real', at('real'), '--validation', at('held-out')],
];

it('trains, reports before and after, and writes weights that load', async () => {
  const out = at('tuned.safetensors');
  const background = at('held-out', 'image', '0.png');
  const { code, out: printed } = await command([
    ...base(),
    ...['--background', background, '--average-decay', '0.9'],
    ...['--test', at('real'), '-o', out, '--id', 'tuned', '--json'],
  ]);
  expect(code).toBe(0);
  const report = JSON.parse(printed);
  expect(report).toMatchObject({
    model: 'compact-matting',
    steps: 3,
    out,
    settings: { averageDecay: 0.9 },
  });
  expect(report.history).toHaveLength(4);
  expect(report.validation).toMatchObject({ folder: at('held-out'), pictures: 1 });
  expect(report.validation.after.sad).toBeLessThanOrEqual(report.validation.before.sad);
  expect(report.tests[0]).toMatchObject({ folder: at('real'), pictures: 2 });
  expect(await readdir(folder)).not.toContain('tuned.checkpoint.safetensors');

  const weights = new Uint8Array(await readFile(out));
  expect(parseSafetensors(weights).metadata.get('network')).toBe('compact-matting');
  const model = (await loadModel('compact-matting', { weights })) as MattingModel;
  expect(model.needsTrimap).toBe(true);
  model.dispose();
  const installed = (await loadModel('tuned', { trainable: true })) as MattingModel;
  expect(installed.train).toBeDefined();
  installed.dispose();
  const again = await command([...base(), '-o', at('again.safetensors'), '--id', 'tuned']);
  expect(again.notes).toMatch(/There is a model "tuned" already/);
});

it('goes on after Ctrl-C, and ends with the bytes of a run that was left alone', async () => {
  const whole = at('whole.safetensors');
  expect((await command([...base(), '-o', whole])).code).toBe(0);

  const out = at('stopped.safetensors');
  const checkpoint = at('stopped.checkpoint.safetensors');
  const controller = new AbortController();
  const timer = setInterval(() => {
    // As soon as there is something to go on from.
    if (existsSync(checkpoint)) controller.abort();
  }, 1);
  const stopped = await command([...base(), '-o', out], controller.signal);
  clearInterval(timer);
  expect(stopped.code).toBe(130);
  expect(stopped.notes).toMatch(/--resume/);
  expect(existsSync(out)).toBe(false);
  expect((await command([...base(), '-o', out])).notes).toMatch(/checkpoint of an earlier run/);
  const resumed = await command([...base(), '-o', out, '--resume']);
  expect(resumed.code).toBe(0);
  expect(resumed.out).toMatch(/before .*\n.*after .*\n.*change/);
  expect(await readFile(out)).toEqual(await readFile(whole));
  expect(existsSync(checkpoint)).toBe(false);
});

it('says where the weights are when they cannot be kept under the id', async () => {
  const out = at('kept.safetensors');
  // In the way of the model's file, as a full disk would be.
  await mkdir(at('models', 'full.safetensors'), { recursive: true });
  const { code, out: printed, notes } = await command([...base(), '-o', out, '--id', 'full']);
  expect(code).toBe(1);
  expect(printed).toMatch(/before .*\n.*after /);
  expect(notes).toMatch(/full\.safetensors: it is a folder/);
  expect(notes).toContain(`models add ${out} --network compact-matting --id full`);
  expect(parseSafetensors(new Uint8Array(await readFile(out))).tensors.size).toBeGreaterThan(0);
});

it.each([
  [['-m', 'compact-trimap', '-o', 'x.safetensors'], /"compact-trimap" cannot be fine-tuned/],
  [['-m', 'gca', '-o', 'x.safetensors'], /"gca" comes without weights/],
  [['-m', 'compact-matting', '-o', 'x.pth'], /x\.pth is no \.safetensors file/],
  [['-m', 'compact-matting', '-o', 'x.safetensors', '--resume'], /no checkpoint/],
  [['-m', 'compact-matting', '-o', 'x.safetensors', '--pairs', 'nowhere'], /no folder nowhere/],
  [['-m', 'compact-matting', '-o', 'x.safetensors', '--loss', 'beauty=1'], /TERM=NUMBER/],
  [['-m', 'compact-matting', '-o', 'x.safetensors', '--background', 'none.jpg'], /none\.jpg/],
])('refuses %j', async (parameters, message) => {
  const { code, notes } = await command(['fine-tune', '--device', 'wasm', ...parameters]);
  expect(code).toBe(1);
  expect(notes).toMatch(message);
});

it('names what a folder of pairs lacks', async () => {
  const lone = at('lone');
  await mkdir(join(lone, 'image'), { recursive: true });
  await mkdir(join(lone, 'alpha'));
  await writeFile(join(lone, 'image', 'a.png'), '');
  const { code, notes } = await command([...base(), '--pairs', lone, '-o', at('x.safetensors')]);
  expect(code).toBe(1);
  expect(notes).toMatch(/lacks the alpha of a/);
});
