import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import * as esbuild from 'esbuild';
import { type Browser, chromium } from 'playwright-core';
import * as vite from 'vite';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import webpack from 'webpack';
import { chromiumFlags, findChromium } from '../browser/find-chromium';
import type { PackageName, PackedWorkspace } from './packed-workspace';
import { serve } from './static-server';

const run = promisify(execFile);
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const packed = inject('packed');
const refused = 'refused' in packed ? packed.refused : undefined;
const workspace = packed as PackedWorkspace;

/** Runs a script of Node in the folder of the application. */
const node = async (script: string, type: 'module' | 'commonjs' = 'module'): Promise<string> => {
  const args = [`--input-type=${type}`, '--no-warnings', '-e', script];
  return (await run(process.execPath, args, { cwd: workspace.folder })).stdout.trim();
};

const libraries: PackageName[] = [
  'core',
  'compact',
  'compact-generator',
  'models',
  'backend-node',
  'backend-web',
  'pairs',
];

describe.skipIf(refused !== undefined)(`packed tarballs${refused ? `: ${refused}` : ''}`, () => {
  it.each(libraries)('%s has types that fit what is imported', async (name) => {
    const data = new Uint8Array(await readFile(workspace.tarballs[name]));
    const result = await checkPackage(createPackageFromTarballData(data));
    const problems = 'problems' in result ? result.problems : [{ kind: 'no types' }];
    const unexpected = problems.filter(
      (problem) =>
        // ES modules only, on purpose: see the test of require below.
        problem.kind !== 'CJSResolvesToESM' &&
        // Node before 12.7 knew no `exports`.
        !('resolutionKind' in problem && problem.resolutionKind === 'node10') &&
        // A script for `new Worker`, not to be imported.
        !('entrypoint' in problem && problem.entrypoint === './worker.js'),
    );
    expect(unexpected).toEqual([]);
  });

  it('carry no sources, tests or fixtures', async () => {
    for (const tarball of Object.values(workspace.tarballs)) {
      const { stdout } = await run('tar', ['-tzf', tarball]);
      expect(stdout).toContain('package/LICENSE');
      expect(
        stdout.split('\n').filter((path) => /\/(src|fixtures|training)\/|\.test\./.test(path)),
      ).toEqual([]);
    }
  });

  it('are found by import, in Node', async () => {
    const script = `
      const names = {};
      for (const entry of ['core', 'core/testing', 'core/gradients', 'compact', 'compact-generator', 'models', 'backend-node', 'backend-web', 'backend-web/page', 'pairs',
        ...['core', 'backend-node', 'backend-web'].flatMap((name) =>
          ['checkpoints', 'evaluate', 'fine-tune', 'generate', 'internal', 'ops', 'testing'].map((part) => name + '/' + part)),
        ...['backend-node', 'backend-web'].flatMap((name) => [name + '/core', name + '/models'])])
        names[entry] = Object.keys(await import('@latent-matte/' + entry)).length;
      console.log(JSON.stringify(names));
      process.exit(0);`;
    const names = JSON.parse(await node(script)) as Record<string, number>;
    for (const count of Object.values(names)) expect(count).toBeGreaterThan(0);
    // Values alone; with types they are 53 and 38 names (api/): what an application needs, and what reads models,
    // checkpoints and mattes of one's own.
    expect(names['backend-node']).toBeLessThanOrEqual(29);
    expect(names['backend-web']).toBeLessThanOrEqual(20);
  });

  it('are loaded by require where Node can require ES modules, and refused by name where it cannot', async () => {
    const script = `
      const can = process.features.require_module === true;
      try {
        const { enhancePortrait } = require('@latent-matte/core');
        console.log(can, typeof enhancePortrait);
      } catch (error) {
        console.log(can, error.code);
      }`;
    expect(['true function', 'false ERR_REQUIRE_ESM']).toContain(await node(script, 'commonjs'));
  });

  it('pull no browser code into Node', async () => {
    const script = `
      for (const name of ['document', 'HTMLElement', 'OffscreenCanvas', 'createImageBitmap', 'caches'])
        Object.defineProperty(globalThis, name, { get() { throw new Error(name + ' was touched'); } });
      await import('@latent-matte/core');
      await import('@latent-matte/compact');
      await import('@latent-matte/models');
      console.log('ok');`;
    expect(await node(script)).toBe('ok');
    for (const name of ['core', 'models', 'backend-node', 'pairs']) {
      const inputs = await inputsOf(`@latent-matte/${name}`, 'node');
      expect(
        inputs.filter((path) => /backend-web|backend-webgl|\/comlink\/dist\/umd/.test(path)),
      ).toEqual([]);
    }
    const core = await inputsOf('@latent-matte/core', 'node');
    expect(core.filter((path) => /tfjs-(backend|node)|sharp/.test(path))).toEqual([]);
  });

  it('pull no Node code into a page', async () => {
    for (const name of [
      'core',
      'models',
      'backend-web',
      'backend-web/page',
      'backend-web/standalone',
    ]) {
      const inputs = await inputsOf(`@latent-matte/${name}`, 'browser');
      expect(inputs.filter((path) => /backend-node|sharp|gradients\.node/.test(path))).toEqual([]);
    }
  });

  it('start the command line', async () => {
    const bin = join(workspace.folder, 'node_modules/.bin/latent-matte');
    const { stdout } = await run(bin, ['--version'], { cwd: workspace.folder });
    expect(stdout).toMatch(/\d+\.\d+\.\d+/);
  });

  const executablePath = findChromium();
  describe.skipIf(executablePath === undefined)(
    `in a page${executablePath === undefined ? ': no Chromium found' : ''}`,
    () => {
      let browser: Browser;
      beforeAll(async () => {
        browser = await chromium.launch({ executablePath, args: [...chromiumFlags] });
        await cp(here('app.js'), join(workspace.folder, 'app.js'));
      });
      afterAll(() => browser?.close());

      /** Opens a folder's page and runs its app. */
      async function opened(folder: string, paths: object = {}) {
        await cp(
          here('../../examples/quickstart/astronaut-portrait.png'),
          join(folder, 'photo.png'),
        );
        const server = await serve(folder);
        const page = await browser.newPage();
        const errors: string[] = [];
        page.on('pageerror', (error) => errors.push(String(error.stack)));
        try {
          await page.goto(server.url);
          await page
            .waitForFunction(() => 'runApp' in globalThis, undefined, { timeout: 20_000 })
            .catch((cause) => {
              throw new Error(`The page did not start: ${errors.join('; ')}`, { cause });
            });
          const results = await page.evaluate(
            (given) => (globalThis as never as App).runApp(given),
            paths,
          );
          const shot = process.env.LATENT_MATTE_SCREENSHOTS;
          if (shot !== undefined) await page.screenshot({ path: join(shot, `${Date.now()}.png`) });
          expect(errors).toEqual([]);
          expect(server.missing.filter((path) => path !== '/favicon.ico')).toEqual([]);
          return results;
        } finally {
          await page.close();
          await server.close();
        }
      }

      const html = (script: string): string =>
        `<!doctype html><title>latent-matte</title><script type="module" src="${script}"></script>`;

      it('bundled by Vite', async () => {
        const root = join(workspace.folder, 'with-vite');
        await mkdir(root);
        await writeFile(join(root, 'index.html'), html('../app.js'));
        await vite.build({ root, logLevel: 'error', configFile: false, worker: { format: 'es' } });
        expectCutOut(await opened(join(root, 'dist')));
      });

      it('bundled by webpack', async () => {
        const path = join(workspace.folder, 'with-webpack');
        await new Promise<void>((resolve, reject) => {
          webpack(
            {
              mode: 'production',
              context: workspace.folder,
              entry: './app.js',
              output: { path, filename: 'main.js', publicPath: '/' },
              optimization: { minimize: false },
            },
            (error, stats) =>
              error || stats?.hasErrors()
                ? reject(error ?? new Error(stats!.toString({ all: false, errors: true })))
                : resolve(),
          );
        });
        await writeFile(join(path, 'index.html'), html('/main.js'));
        expectCutOut(await opened(path));
      });

      it('bundled by Vite or webpack, an import of one file of weights copies that file alone', async () => {
        const root = join(workspace.folder, 'one-file');
        await mkdir(root);
        await writeFile(
          join(root, 'app.js'),
          "import { compactMatting } from '@latent-matte/compact/matting';\nglobalThis.url = compactMatting();\n",
        );
        await writeFile(join(root, 'index.html'), html('./app.js'));
        await vite.build({ root, logLevel: 'error', configFile: false });
        const path = join(root, 'with-webpack');
        await new Promise<void>((resolve, reject) => {
          webpack(
            { mode: 'production', context: root, entry: './app.js', output: { path } },
            (error, stats) =>
              error || stats?.hasErrors()
                ? reject(error ?? new Error(stats!.toString({ all: false, errors: true })))
                : resolve(),
          );
        });
        for (const folder of [join(root, 'dist'), path]) {
          const files = await readdir(folder, { recursive: true });
          expect(files.filter((file) => file.endsWith('.safetensors'))).toHaveLength(1);
        }
      });

      it('bundled by esbuild, with the files it does not copy beside the bundle', async () => {
        const outdir = join(workspace.folder, 'with-esbuild');
        await esbuild.build({
          entryPoints: [join(workspace.folder, 'app.js')],
          bundle: true,
          format: 'esm',
          outdir,
        });
        const installed = (path: string) =>
          join(workspace.folder, 'node_modules/@latent-matte', path);
        await cp(installed('backend-web/dist/worker.js'), join(outdir, 'worker.js'));
        await cp(installed('backend-web/dist/wasm'), join(outdir, 'wasm'), { recursive: true });
        await cp(installed('compact/weights'), join(outdir, 'weights'), { recursive: true });
        await writeFile(join(outdir, 'index.html'), html('/app.js'));
        expectCutOut(await opened(outdir, { weightsPath: '/weights/' }));
      });

      it('from a plain script, without a bundler', async () => {
        const folder = join(workspace.folder, 'plain');
        await mkdir(folder);
        const installed = join(workspace.folder, 'node_modules/@latent-matte');
        for (const part of ['backend-web/dist', 'compact/weights']) {
          await cp(join(installed, part), join(folder, 'latent-matte', part), { recursive: true });
        }
        const app = await readFile(here('app.js'), 'utf8');
        const script = '/latent-matte/backend-web/dist/standalone.js';
        await writeFile(join(folder, 'app.js'), app.replace('@latent-matte/backend-web', script));
        await writeFile(join(folder, 'index.html'), html('/app.js'));
        expectCutOut(await opened(folder));
      });
    },
  );
});

interface Found {
  readonly description: string;
  readonly size: readonly number[];
  readonly center: number;
  readonly corner: number;
  readonly mean: number;
}
interface App {
  runApp(paths: object): Promise<Record<'worker' | 'page', Found>>;
}

/** The head is in, the corner is out, in both places alike. */
function expectCutOut({ worker, page }: Record<'worker' | 'page', Found>): void {
  for (const found of [worker, page]) {
    expect(found.description).toMatch(/^wasm: .*no webgpu: the only adapter is emulated/);
    expect(found.size).toEqual([272, 300]);
    expect(found.center).toBeGreaterThan(0.9);
    expect(found.corner).toBeLessThan(0.1);
  }
  expect(worker.description).toContain('in a worker');
  expect({ ...worker, description: '' }).toEqual({ ...page, description: '' });
}

/** Paths of all modules that an import brings in; fails on an import that the platform does not have. */
async function inputsOf(entry: string, platform: 'node' | 'browser'): Promise<string[]> {
  const { metafile } = await esbuild.build({
    stdin: {
      contents: `import * as all from '${entry}'; console.log(all)`,
      resolveDir: workspace.folder,
    },
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform,
    logLevel: 'silent',
    // Native code and what is optional stays outside of any bundle.
    external: platform === 'node' ? ['*.node', '@tensorflow/tfjs-node*', 'webgpu', 'sharp'] : [],
  });
  const builtins = new Set(builtinModules.flatMap((name) => [name, `node:${name}`]));
  const imported = Object.values(metafile.outputs).flatMap(({ imports }) => imports);
  if (platform === 'browser') {
    expect(imported.filter(({ path }) => builtins.has(path))).toEqual([]);
  }
  return Object.keys(metafile.inputs);
}
