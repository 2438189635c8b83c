import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serializeSafetensors } from '@latent-matte/backend-node/checkpoints';
import { addInstalledModel, randomStyleGAN2Weights } from '@latent-matte/backend-node/models';
import { hasRedis, startRedis } from '@latent-matte/test-kit/redis-server';
import { tree } from '@latent-matte/test-kit/tree';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

// The command as it is installed, in processes that can be killed: a small random StyleGAN2 and the shipped networks.

let folder: string;
let models: string;
/** Made without interruption: what every other way must give. */
let whole: Record<string, string>;
let result: { accepted: number; rejected: number };
const children: ChildProcess[] = [];
beforeAll(async () => {
  models = await mkdtemp(join(tmpdir(), 'latent-matte-models-'));
  process.env.LATENT_MATTE_MODELS = models;
  const { tensors } = randomStyleGAN2Weights({
    resolution: 32,
    channels: [4, 4, 4, 4],
    styleSize: 8,
    mappingLayers: 2,
    seed: 1,
  });
  const content = serializeSafetensors(
    [...tensors].map(([name, { shape, bytes }]) => [
      name,
      { dtype: 'F32', shape, data: new Float32Array(bytes.slice().buffer) },
    ]),
  );
  await addInstalledModel({ id: 'random', network: 'stylegan2', license: 'none' }, content);
  folder = models;
  const { code, out, notes } = await start(...flags('whole', '--json')).ended;
  expect([code, notes]).toEqual([0, expect.stringContaining('device: wasm')]);
  result = JSON.parse(out);
  whole = await tree(join(models, 'whole'));
});
afterAll(async () => {
  delete process.env.LATENT_MATTE_MODELS;
  await rm(models, { recursive: true });
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latent-matte-generate-'));
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

interface Command {
  readonly child: ChildProcess;
  readonly ended: Promise<{ code: number | null; out: string; notes: string }>;
}

function start(...parameters: string[]): Command {
  const script = fileURLToPath(new URL('../../bin/latent-matte.js', import.meta.url));
  const child = spawn(process.execPath, [script, ...parameters], {
    env: { ...process.env, LATENT_MATTE_MODELS: models, NODE_OPTIONS: '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  const texts = { out: '', notes: '' };
  child.stdout!.on('data', (text: Buffer) => {
    texts.out += text.toString();
  });
  child.stderr!.on('data', (text: Buffer) => {
    texts.notes += text.toString();
  });
  const ended = new Promise<{ code: number | null; out: string; notes: string }>((resolve) =>
    child.on('close', (code) => resolve({ code, ...texts })),
  );
  return { child, ended };
}

const COUNT = 4;
const flags = (name: string, ...more: string[]) => [
  ...['generate', '--count', String(COUNT), '--seed', '3', '--out', join(folder, name)],
  ...['--model', 'compact-matting', '--trimap', 'compact-trimap', '--generator', 'random'],
  ...['--device', 'wasm', '--steps', '2', '--keep-rejected', ...more],
];

/** Asks until another process has done it. */
async function until(done: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await done())) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Waits until so many pairs are complete. */
const pairsIn = (name: string, count: number) =>
  until(async () => {
    const records = join(folder, name, '00000', 'record');
    const names: string[] = await readdir(records).catch(() => []);
    return names.filter((record) => record.endsWith('.json')).length >= count;
  });

/** Waits until a file is there. */
const written = (name: string, file: string) => until(() => existsSync(join(folder, name, file)));

describe('latent-matte generate', () => {
  it('goes on after kill -9, and makes the same bytes each time', async () => {
    expect(result).toMatchObject({ tool: 'latent-matte', count: COUNT, pairs: COUNT });
    expect(result.accepted + result.rejected).toBe(COUNT);
    expect(Object.keys(whole)).toHaveLength(2 + COUNT * 5);

    const killed = start(...flags('killed'));
    await pairsIn('killed', 2);
    killed.child.kill('SIGKILL');
    expect((await killed.ended).code).toBeNull();
    const left = await tree(join(folder, 'killed'));
    expect(left['manifest.jsonl']).toBeUndefined();
    // Threads and batches are no settings of the run, and change nothing.
    const resumed = start(...flags('killed', '--workers', '2', '--batch', '2'));
    expect((await resumed.ended).code).toBe(0);
    expect(await tree(join(folder, 'killed'))).toEqual(whole);
  });

  it('stops at Ctrl-C with what is done in the manifest, and takes more pairs later', async () => {
    const stopped = start(...flags('out'));
    await pairsIn('out', 1);
    stopped.child.kill('SIGINT');
    const { code, notes } = await stopped.ended;
    expect(code).toBe(130);
    expect(notes).toContain('the same command goes on');
    const manifest = async () =>
      (await readFile(join(folder, 'out', 'manifest.jsonl'), 'utf8')).trim().split('\n').length;
    expect(await manifest()).toBeLessThan(COUNT);
    const more = flags('out').map((flag) => (flag === String(COUNT) ? String(COUNT + 1) : flag));
    expect((await start(...more).ended).code).toBe(0);
    expect(await manifest()).toBe(COUNT + 1);
  });
});

describe.skipIf(!hasRedis)('latent-matte worker (needs redis-server)', () => {
  it('loses no pair and makes none twice when workers are killed', async () => {
    const redis = await startRedis();
    try {
      const queue = ['--queue', redis.url];
      const asked = start(...flags('shared', ...queue, '--range', '2'));
      const worker = ['worker', ...queue, '--out', join(folder, 'shared'), '--lock-seconds', '6'];
      // A worker refuses a folder in which no run was begun.
      await written('shared', 'generation.json');
      const first = start(...worker);
      await pairsIn('shared', 1);
      first.child.kill('SIGKILL');
      const second = start(...worker);
      const { code, out, notes } = await asked.ended;
      expect([code, out, notes]).toEqual([0, expect.stringContaining(`${COUNT} pairs`), notes]);
      expect(await tree(join(folder, 'shared'))).toEqual(whole);

      const status = await start('queue', 'status', ...queue, '--json').ended;
      expect(JSON.parse(status.out)).toMatchObject({
        pairs: { total: COUNT, done: COUNT, failed: 0 },
        jobs: { waiting: 0, active: 0, completed: 2, failed: 0 },
        workers: 1,
      });
      second.child.kill('SIGTERM');
      expect((await second.ended).code).toBe(130);
    } finally {
      await redis.stop();
    }
  });

  it('exits with 1 and names what is missing when the queue or the output is lost; --resume mends it', async () => {
    const redis = await startRedis();
    try {
      const queue = ['--queue', redis.url];
      const asked = start(...flags('lost', ...queue, '--range', '1'));
      await written('lost', 'generation.json');
      const worker = start('worker', ...queue, '--out', join(folder, 'lost'));
      await pairsIn('lost', 2);
      await rm(join(folder, 'lost'), { recursive: true });
      const { code, notes } = await asked.ended;
      expect([code, notes]).toEqual([1, expect.stringMatching(/\d of 4 pairs are missing \(0/)]);
      const mended = await start(...flags('lost', ...queue, '--range', '1', '--resume')).ended;
      expect([mended.code, mended.notes]).toEqual([0, mended.notes]);
      expect(await tree(join(folder, 'lost'))).toEqual(whole);
      worker.child.kill('SIGTERM');
      await worker.ended;
    } finally {
      await redis.stop();
    }
  });
});
