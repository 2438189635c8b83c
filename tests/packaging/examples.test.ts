import { execFile, spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { readImage, readMap, writeImage } from '@latent-matte/backend-node';
import { chromium } from 'playwright-core';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { chromiumFlags, findChromium } from '../browser/find-chromium';
import type { PackedWorkspace } from './packed-workspace';
import { serve } from './static-server';

const run = promisify(execFile);
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const packed = inject('packed');
const refused = 'refused' in packed ? packed.refused : undefined;
const folder = join((packed as PackedWorkspace).folder ?? '', 'examples');
const executablePath = findChromium();

/** The programs of `examples`, as somebody would run them who has copied a folder and installed the packages. */
describe.skipIf(refused !== undefined)(`examples${refused ? `: ${refused}` : ''}`, () => {
  /** A small portrait: what is tested is the programs, not the networks. */
  const photo = join(folder, 'small.png');
  beforeAll(async () => {
    const portrait = await readImage(here('../../examples/quickstart/astronaut-portrait.png'));
    await writeImage(photo, portrait, { maxSide: 160 });
  });

  /** Runs the program of an example. @returns what it printed; on the standard error it must not print */
  async function node(example: string, ...args: string[]): Promise<string> {
    const { stdout, stderr } = await run(process.execPath, args, { cwd: join(folder, example) });
    // The quickstart draws its progress there.
    if (example !== 'quickstart') expect(stderr).toBe('');
    return stdout;
  }
  const sizeOf = async (path: string) => {
    const { width, height } = await readImage(join(folder, path), { onWarning: () => {} });
    return [width, height];
  };

  it('node-enhance writes portrait, matte and cut-out', async () => {
    expect(await node('node-enhance', 'enhance.mjs', photo, 'out')).toMatch(/dB to the photo/);
    expect((await readdir(join(folder, 'node-enhance/out'))).sort()).toEqual([
      'alpha.png',
      'cutout.png',
      'portrait.png',
    ]);
    expect(await sizeOf('node-enhance/out/portrait.png')).toEqual([145, 160]);
  });

  it('quickstart writes its report', async () => {
    expect(await node('quickstart', 'quickstart.mjs', photo, '1')).toMatch(
      /look at .*report\.html/,
    );
  });

  it('node-custom-model gets one matte from both files', async () => {
    const printed = await node('node-custom-model', 'enhance.mjs', photo, '2');
    expect(printed).toMatch(/guided-filter \(ONNX\): step/);
    expect(printed).toMatch(/guided-filter \(graph model\): step/);
    const [difference] = /[\d.e+-]+$/.exec(printed.trim())!;
    expect(Number(difference)).toBeLessThan(1e-3);
    const matte = await readMap(join(folder, 'node-custom-model/out/onnx-alpha.png'));
    expect(Math.max(...matte.data)).toBeGreaterThan(250);
  });

  it('batch-evaluate measures every picture', async () => {
    const printed = await node('batch-evaluate', 'evaluate.mjs', '', '1');
    expect(printed).toMatch(/portrait-matting +two/);
    const report = JSON.parse(
      await readFile(join(folder, 'batch-evaluate/out/report.json'), 'utf8'),
    );
    const { rows, failures, summary } = report['portrait-matting'];
    expect(failures).toEqual([]);
    expect(rows.map(({ name }: { name: string }) => name)).toEqual(['one', 'two']);
    // The true matte is the network's own over another background: it finds most of it again.
    expect(summary.metrics.mse.original).toBeLessThan(0.1);
  });

  it('figure-one writes the figure', async () => {
    await node('figure-one', 'figure-one.mjs', photo, '2');
    const gap = 4;
    expect(await sizeOf('figure-one/out/figure-one.png')).toEqual([
      5 * (145 + gap) - gap,
      2 * (160 + gap) - gap,
    ]);
  });

  it('express-service cuts out, refuses what it must, and stops for a client that is gone', async () => {
    await using service = await startService({ STEPS: '2' });
    const { url } = service;
    const upload = async (content: Blob, field = 'photo', signal?: AbortSignal) => {
      const form = new FormData();
      form.set(field, content, 'upload');
      return await fetch(`${url}/cut-out`, { method: 'POST', body: form, signal });
    };
    const code = async (response: Response) => {
      const { code } = (await response.json()) as { code: string };
      return [response.status, code];
    };
    const picture = new Blob([await readFile(join(folder, 'quickstart/astronaut-portrait.png'))]);

    const response = await upload(picture);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'image/png']);
    expect(Number(response.headers.get('x-psnr'))).toBeGreaterThan(20);
    const matte = await readMap(new Uint8Array(await response.arrayBuffer()));
    expect([matte.width, matte.height]).toEqual([272, 300]);
    const [center, corner] = [matte.data[150 * 272 + 136], matte.data[2 * 272 + 2]];
    expect(center).toBeGreaterThan(240);
    expect(corner).toBeLessThan(15);

    expect(await code(await upload(new Blob(['not a picture'])))).toEqual([415, 'INVALID_IMAGE']);
    expect(await code(await upload(picture, 'other'))).toEqual([400, 'NO_FILE']);
    expect(await code(await fetch(`${url}/cut-out`, { method: 'POST', body: 'x' }))).toEqual([
      415,
      'NOT_A_FORM',
    ]);
    // A form that breaks off inside its first part, wanted or not: the service answers, and lives.
    for (const name of ['photo', 'other']) {
      const body = `--X\r\nContent-Disposition: form-data; name="${name}"; filename="a"\r\n\r\nhello`;
      const headers = { 'content-type': 'multipart/form-data; boundary=X' };
      const broken = await fetch(`${url}/cut-out`, { method: 'POST', headers, body });
      expect(await code(broken)).toEqual([400, 'BAD_FORM']);
    }
    const large = new Blob([new Uint8Array(21e6)]);
    expect(await code(await upload(large))).toEqual([413, 'FILE_TOO_LARGE']);

    const running = async () =>
      ((await (await fetch(`${url}/health`)).json()) as { running: number }).running;
    const hangUp = new AbortController();
    const abandoned = upload(picture, 'photo', hangUp.signal).catch((error: Error) => error.name);
    await expect.poll(running, { interval: 10, timeout: 30_000 }).toBe(1);
    hangUp.abort();
    expect(await abandoned).toBe('AbortError');
    await expect.poll(running, { timeout: 60_000 }).toBe(0);
    expect((await upload(picture)).status).toBe(200);
  });

  it('express-service ends what takes too long, and turns away what is too much', async () => {
    const environment = { STEPS: '1000', TIMEOUT_SECONDS: '3', MAX_WAITING: '0' };
    await using service = await startService(environment);
    const upload = async () => {
      const form = new FormData();
      form.set('photo', new Blob([await readFile(photo)]), 'upload');
      return await fetch(`${service.url}/cut-out`, { method: 'POST', body: form });
    };
    // One thread and nobody may wait, so that the second is turned away at once.
    const [first, second] = await Promise.all([upload(), upload()]);
    const [slow, busy] = first.status === 503 ? [second, first] : [first, second];
    expect([busy.status, busy.headers.get('retry-after')]).toEqual([503, '30']);
    expect(await busy.json()).toMatchObject({ code: 'BUSY' });
    expect(slow.status).toBe(504);
    expect(await slow.json()).toMatchObject({ code: 'TIMEOUT' });
  });

  it.skipIf(executablePath === undefined)(
    'web-worker finds its own model in the worker',
    async () => {
      const root = join(folder, 'web-worker');
      await run('npm', ['run', 'build'], { cwd: root });
      const server = await serve(join(root, 'dist'));
      const browser = await chromium.launch({ executablePath, args: [...chromiumFlags] });
      try {
        const page = await browser.newPage();
        const errors: string[] = [];
        page.on('pageerror', (error) => errors.push(String(error)));
        await page.goto(server.url);
        await page.waitForSelector('#status:has-text("in a worker")');
        await page.setInputFiles('#photo', photo);
        await page.waitForSelector('#status:has-text("Done")', { timeout: 60_000 });
        expect(
          await page.$$eval('img', (images) => images.map(({ naturalWidth }) => naturalWidth)),
        ).toEqual([145, 145]);
        expect(errors).toEqual([]);
      } finally {
        await browser.close();
        await server.close();
      }
    },
  );

  /** The service on a free port, ready. */
  async function startService(environment: Record<string, string>) {
    const service = spawn(process.execPath, ['server.mjs'], {
      cwd: join(folder, 'express-service'),
      env: { ...process.env, PORT: '0', WORKERS: '1', ...environment },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = new Promise((resolve) => service.once('exit', resolve));
    const url = await new Promise<string>((resolve, reject) => {
      createInterface({ input: service.stdout }).once('line', (line) =>
        resolve(line.split(',')[0]),
      );
      void exited.then((exit) => reject(new Error(`The service left with ${exit}.`)));
    });
    return {
      url,
      async [Symbol.asyncDispose]() {
        service.kill('SIGTERM');
        // It closes its threads and leaves by itself.
        expect(await exited).toBe(0);
      },
    };
  }
});
