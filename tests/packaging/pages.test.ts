import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import * as esbuild from 'esbuild';
import { type Browser, chromium } from 'playwright-core';
import * as vite8 from 'vite';
import * as vite7 from 'vite-7';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { chromiumFlags, findChromium } from '../browser/find-chromium';
import { expectCutOut, type Visit, visit } from './cut-out-page';
import { freePort } from './free-port';
import type { PackedWorkspace } from './packed-workspace';
import { serve } from './static-server';

const run = promisify(execFile);
const packed = inject('packed');
const executablePath = findChromium();
const skipped =
  'refused' in packed
    ? packed.refused
    : executablePath === undefined
      ? 'no Chromium found'
      : undefined;
const folder = (packed as PackedWorkspace).folder ?? '';
const example = (name: string): string => join(folder, 'examples', name);

/** The pages of `examples`, as somebody would start them who has copied a folder and installed the packages. */
describe.skipIf(skipped !== undefined)(`pages${skipped ? `: ${skipped}` : ''}`, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath, args: [...chromiumFlags] });
  });
  afterAll(() => browser?.close());

  const visited = (url: string): Promise<Visit> => visit(browser, url);

  /** Serves a built folder while it is visited. */
  async function built(path: string): Promise<Visit> {
    const server = await serve(path);
    try {
      return await visited(server.url);
    } finally {
      await server.close();
    }
  }

  describe.each([
    ['8', vite8],
    ['7', vite7 as unknown as typeof vite8],
  ])('Vite %s', (version, vite) => {
    const root = example('page-vite');
    const shared = { root, logLevel: 'error' } as const;

    it('is the version it is called', () => {
      expect(vite.version.split('.')[0]).toBe(version);
    });

    it('in its dev server', async () => {
      const server = await vite.createServer({
        ...shared,
        cacheDir: join(folder, `.vite-${version}`),
        // Of somebody's own, the packages lie in the folder of the page.
        server: { port: 0, fs: { allow: [folder] } },
      });
      try {
        await server.listen();
        expectCutOut(await visited(server.resolvedUrls!.local[0]!));
      } finally {
        await server.close();
      }
    });

    it('built', async () => {
      const outDir = join(folder, `built-with-vite-${version}`);
      await vite.build({ ...shared, build: { outDir, emptyOutDir: true } });
      expectCutOut(await built(outDir));
    });
  });

  it('webpack in its dev server', async () => {
    const port = await freePort();
    const cli = createRequire(join(folder, 'package.json')).resolve('webpack-cli/bin/cli.js');
    const command = [cli, 'serve', '--mode', 'development', '--port', String(port)];
    await using _server = started(process.execPath, command, example('page-webpack'));
    const url = `http://localhost:${port}/`;
    await expect.poll(() => answers(url), { timeout: 60_000, interval: 500 }).toBe(true);
    expectCutOut(await visited(url));
  });

  it('webpack, built', async () => {
    await run('npm', ['run', 'build'], { cwd: example('page-webpack') });
    expectCutOut(await built(join(example('page-webpack'), 'dist')));
  });

  it('esbuild in its dev server', async () => {
    const port = await freePort();
    await using server = started(
      process.execPath,
      ['build.mjs', '--serve', String(port)],
      example('page-esbuild'),
    );
    expectCutOut(await visited(await server.firstLine));
  });

  it('esbuild, built', async () => {
    await run('npm', ['run', 'build'], { cwd: example('page-esbuild') });
    expectCutOut(await built(join(example('page-esbuild'), 'dist')));
  });

  it('no bundler, from a CDN of npm packages', async () => {
    const server = await serve(example('page-plain'));
    const context = await browser.newContext();
    const asked: string[] = [];
    // What jsdelivr answers: `/npm/NAME@VERSION/PATH` is that file of that package.
    await context.route('https://cdn.jsdelivr.net/**', async (route) => {
      const { pathname } = new URL(route.request().url());
      const [, name, version, path] =
        /^\/npm\/(@[^/]+\/[^/@]+)@([^/]+)\/(.+)$/.exec(pathname) ?? [];
      asked.push(pathname);
      const installed = join(folder, 'node_modules', name ?? '', path ?? '');
      const manifest = JSON.parse(
        await readFile(join(folder, 'node_modules', name ?? '', 'package.json'), 'utf8'),
      ) as { version: string };
      const contentType = /\.js$/.test(installed)
        ? 'text/javascript'
        : /\.wasm$/.test(installed)
          ? 'application/wasm'
          : 'application/octet-stream';
      const headers = { 'access-control-allow-origin': '*' };
      if (manifest.version !== version) await route.fulfill({ status: 404, headers });
      else await route.fulfill({ body: await readFile(installed), contentType, headers });
    });
    try {
      const found = await visit(context, server.url);
      expectCutOut(found);
      expect(asked).toContain('/npm/@latent-matte/compact@0.1.0/weights/portrait.safetensors');
    } finally {
      await context.close();
      await server.close();
    }
  });

  it('with a worker, the bundle of the page itself is small', async () => {
    const { outputFiles, metafile } = await esbuild.build({
      entryPoints: [join(example('page-vite'), 'page.js')],
      bundle: true,
      minify: true,
      format: 'esm',
      write: false,
      metafile: true,
    });
    expect(Object.keys(metafile.inputs).filter((path) => /tfjs|models\/dist/.test(path))).toEqual(
      [],
    );
    expect(gzipSync(outputFiles[0]!.contents).length).toBeLessThan(40_000);
  });
});

/** A program that runs until the test is over. */
function started(command: string, args: readonly string[], cwd: string) {
  const program = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: program.stdout });
  const firstLine = once(lines, 'line').then(([line]) => String(line));
  return {
    firstLine,
    async [Symbol.asyncDispose]() {
      if (program.exitCode !== null) return;
      program.kill('SIGTERM');
      await once(program, 'exit');
    },
  };
}

const answers = (url: string): Promise<boolean> =>
  fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );
