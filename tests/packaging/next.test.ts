import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { chromiumFlags, findChromium } from '../browser/find-chromium';
import { expectCutOut, visit } from './cut-out-page';
import { freePort } from './free-port';
import type { PackedWorkspace } from './packed-workspace';

const run = promisify(execFile);
const packed = inject('packed');
const executablePath = findChromium();
const skipped =
  'refused' in packed
    ? packed.refused
    : executablePath === undefined
      ? 'no Chromium found'
      : undefined;
/** Turbopack is what Next.js takes by itself; its build with webpack takes ten minutes. */
const bundlers =
  process.env.LATENT_MATTE_NEXT === undefined ? ['--turbopack'] : ['--turbopack', '--webpack'];
const folder = (packed as PackedWorkspace).folder ?? '';
const root = join(folder, 'examples/page-next');
const environment = { ...process.env, NEXT_TELEMETRY_DISABLED: '1' };

/** The page and the route of `examples/page-next`, in development and built; `LATENT_MATTE_NEXT=1`: with webpack, too. */
describe.skipIf(skipped !== undefined)(`Next.js${skipped ? `: ${skipped}` : ''}`, () => {
  const next = join(folder, 'node_modules/next/dist/bin/next');
  let browser: Browser;
  beforeAll(async () => {
    const { dependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
    const own = Object.entries<string>(dependencies)
      .filter(([, version]) => !version.startsWith('workspace:'))
      .map(([name, version]) => `${name}@${version}`);
    const flags = ['--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
    await run('npm', ['install', ...own, ...flags], { cwd: folder });
    browser = await chromium.launch({ executablePath, args: [...chromiumFlags] });
  }, 600_000);
  afterAll(() => browser?.close());

  describe.each(bundlers)('%s', (bundler) => {
    it('dev', { timeout: 600_000 }, async () => {
      await check(['dev', bundler]);
    });

    it('build and start', { timeout: 1_200_000 }, async () => {
      await run(process.execPath, [next, 'build', bundler], { cwd: root, env: environment });
      await check(['start']);
    });
  });

  /** Starts a server of Next.js, visits its page and sends a photo to its route. */
  async function check(args: readonly string[]): Promise<void> {
    const port = await freePort();
    const server = spawn(process.execPath, [next, ...args, '--port', String(port)], {
      cwd: root,
      env: environment,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    try {
      const url = `http://localhost:${port}/`;
      const answers = (): Promise<boolean> =>
        fetch(url).then(
          ({ ok }) => ok,
          () => false,
        );
      await expect.poll(answers, { timeout: 120_000, interval: 500 }).toBe(true);
      expectCutOut(await visit(browser, url));
      const post = (body: Uint8Array | string): Promise<Response> =>
        fetch(`${url}api/cut-out`, { method: 'POST', body: body as BodyInit });
      const response = await post(await readFile(photo));
      expect([response.status, response.headers.get('content-type')]).toEqual([200, 'image/png']);
      expect((await response.arrayBuffer()).byteLength).toBeGreaterThan(10_000);
      const refused = await post('no picture');
      expect([refused.status, await refused.json()]).toMatchObject([
        422,
        { code: 'INVALID_IMAGE' },
      ]);
    } finally {
      server.kill('SIGTERM');
      if (server.exitCode === null) await once(server, 'exit');
    }
  }
});

const photo = fileURLToPath(
  new URL('../../examples/quickstart/astronaut-portrait.png', import.meta.url),
);
