import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { encodePng } from '@latent-matte/backend-node';
import { source as axe } from 'axe-core';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { type PreviewServer, preview } from 'vite';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { chromiumFlags, findChromium } from '../browser/find-chromium';
import type { PackedWorkspace } from './packed-workspace';

const run = promisify(execFile);
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const packed = inject('packed');
const executablePath = findChromium();
const skipped =
  'refused' in packed
    ? packed.refused
    : executablePath === undefined
      ? 'no Chromium found'
      : undefined;

describe.skipIf(skipped !== undefined)(`the demo page${skipped ? `: ${skipped}` : ''}`, () => {
  const root = join((packed as PackedWorkspace).folder ?? '', 'examples/web-vite');
  let server: PreviewServer;
  let browser: Browser;
  let address: string;
  let photo: Buffer;

  beforeAll(async () => {
    await run('npm', ['run', 'build'], { cwd: root });
    // Isolated from other pages, as some hosts serve everything.
    const headers = {
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Embedder-Policy': 'require-corp',
    };
    server = await preview({ root, configFile: false, preview: { port: 0, headers } });
    address = server.resolvedUrls!.local[0];
    photo = await readFile(here('../../examples/quickstart/astronaut-portrait.png'));
    browser = await chromium.launch({
      executablePath,
      args: [
        ...chromiumFlags,
        '--use-fake-device-for-media-stream',
        '--use-fake-ui-for-media-stream',
      ],
    });
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  /** What the open page did that it should not. */
  let problems: string[] = [];
  let page: Page;
  afterEach(async () => {
    await page.context().close();
    expect(problems).toEqual([]);
  });

  async function open(options: BrowserContextOptions = {}, before?: () => void): Promise<void> {
    problems = [];
    const context = await browser.newContext({
      viewport: { width: 1280, height: 900 },
      ...options,
    });
    page = await context.newPage();
    page.on('pageerror', (error) => problems.push(String(error)));
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) problems.push(message.text());
    });
    page.on('request', (request) => {
      const url = request.url();
      const own = url.startsWith(address) || url.startsWith('blob:') || url.startsWith('data:');
      // Nothing leaves: no other server is asked, and this one is sent nothing.
      if (!own || request.method() !== 'GET') problems.push(`${request.method()} ${url}`);
    });
    if (before !== undefined) await page.addInitScript(before);
    await page.goto(address);
  }

  const state = (name: string) =>
    page.waitForSelector(`body[data-state="${name}"]`, { timeout: 120_000 });

  /** Drops a file on the page as a person would. */
  async function drop(name: string, type: string, bytes: Buffer | Uint8Array): Promise<void> {
    const transfer = await page.evaluateHandle(
      ({ name, type, base64 }) => {
        const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
        const transfer = new DataTransfer();
        transfer.items.add(new File([bytes], name, { type }));
        return transfer;
      },
      { name, type, base64: Buffer.from(bytes).toString('base64') },
    );
    await page.dispatchEvent('#picker .dropzone', 'dragover', { dataTransfer: transfer });
    await page.dispatchEvent('#picker .dropzone', 'drop', { dataTransfer: transfer });
  }

  const dropPhoto = async () => {
    await drop('Eileen.png', 'image/png', photo);
    await state('ready');
  };

  async function enhance(steps: number): Promise<void> {
    if (!(await page.isVisible('#steps'))) await page.click('text=More settings');
    await page.fill('#steps', String(steps));
    await page.selectOption('#working-size', '256');
    await page.click('#enhance');
    await state('running');
  }

  /** What the page and its worker hold. */
  async function memory() {
    const session = await page.context().newCDPSession(page);
    await session.send('HeapProfiler.collectGarbage');
    const { usedSize } = await session.send('Runtime.getHeapUsage');
    const { nodes } = await session.send('Memory.getDOMCounters');
    await session.detach();
    const worker = await page.evaluate(
      () => document.querySelector('#technical div:last-child dd')?.textContent,
    );
    return { heap: usedSize, nodes, worker, workers: page.workers().length };
  }

  async function download(button: string) {
    const [saved] = await Promise.all([page.waitForEvent('download'), page.click(button)]);
    const base64 = (await readFile(await saved.path())).toString('base64');
    const facts = await page.evaluate(async (base64) => {
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
      const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d', {
        willReadFrequently: true,
      })!;
      context.drawImage(bitmap, 0, 0);
      const pixel = (x: number, y: number) => [...context.getImageData(x, y, 1, 1).data];
      return {
        size: [bitmap.width, bitmap.height],
        center: pixel(bitmap.width / 2, bitmap.height / 2),
        corner: pixel(2, 2),
      };
    }, base64);
    return { name: saved.suggestedFilename(), ...facts };
  }

  /** Violations of the rules for accessible pages. */
  async function violations(): Promise<string[]> {
    await page.evaluate(axe);
    return await page.evaluate(async () => {
      const { axe } = globalThis as unknown as {
        axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
      };
      const found = (await axe.run()).violations;
      return found.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
    });
  }

  async function shoot(name: string): Promise<void> {
    const folder = process.env.LATENT_MATTE_SCREENSHOTS;
    if (folder !== undefined) await page.screenshot({ path: join(folder, `${name}.png`) });
  }

  it('enhances a dropped photo, is cancelled, runs again, saves, and ends where it began', async () => {
    await open();
    await dropPhoto();
    expect(await page.textContent('#photo-line')).toContain('272 × 300');

    await enhance(2);
    await state('done');
    const before = await memory();
    expect(before).toMatchObject({ worker: '0 tensors, 0 bytes', workers: 1 });

    // Everything is there by now: the rest works without a network.
    await page.context().setOffline(true);
    await page.click('#again');
    await enhance(500);
    await page.waitForFunction(() =>
      /^Step [1-9]/.test(document.querySelector('#progress-step')!.textContent!),
    );
    expect(await page.locator('#charts .chart').count()).toBeGreaterThanOrEqual(3);
    expect(await page.locator('#charts polyline').first().getAttribute('points')).toMatch(/ /);
    await shoot('demo-running');
    await page.click('#cancel');
    await state('done');
    expect(await page.textContent('#outcome-text')).toMatch(/^(Step \d+ of 500|No step)/);

    await page.click('#again');
    await enhance(2);
    await state('done');
    expect(await page.textContent('#figures')).toMatch(/dB|identical/);
    const after = await memory();
    expect(after).toMatchObject({ worker: '0 tensors, 0 bytes', workers: 1 });
    expect(after.heap - before.heap).toBeLessThan(4e6);
    expect(after.nodes - before.nodes).toBeLessThan(200);

    expect(await download('#download-portrait')).toMatchObject({
      name: 'Eileen-portrait.png',
      size: [272, 300],
      corner: [expect.any(Number), expect.any(Number), expect.any(Number), 255],
    });
    const cutOut = await download('#download-cut-out');
    expect(cutOut).toMatchObject({ name: 'Eileen-cut-out.png', size: [272, 300] });
    expect(cutOut.center[3]).toBeGreaterThan(240);
    expect(cutOut.corner[3]).toBeLessThan(15);
    expect(await download('#download-matte')).toMatchObject({ name: 'Eileen-matte.png' });
  });

  it('compares before and after in four views, with mouse and keyboard', async () => {
    await open({ colorScheme: 'dark' });
    await page.click('#sample');
    await state('ready');
    expect(await violations()).toEqual([]);
    await enhance(5);
    await state('done');
    expect(await violations()).toEqual([]);
    const shown = () =>
      page.$$eval('#compare canvas', (canvases) =>
        canvases.map((canvas) => {
          const { width, height } = canvas as HTMLCanvasElement;
          const copy = new OffscreenCanvas(width, height);
          const context = copy.getContext('2d', { willReadFrequently: true })!;
          context.drawImage(canvas as HTMLCanvasElement, 0, 0);
          const { data } = context.getImageData(0, 0, width, height);
          return [data.reduce((sum, value) => sum + value, 0), canvas.getAttribute('aria-label')];
        }),
      );
    const [photo, enhanced] = await shown();
    expect([photo[1], enhanced[1]]).toEqual(['Photo', 'Enhanced']);
    expect(photo[0]).not.toBe(enhanced[0]);

    // Arrow keys move the divider, and choose the view.
    await page.focus('#divider');
    await page.keyboard.press('Home');
    expect(
      await page.$eval('.frame', (frame) => getComputedStyle(frame).getPropertyValue('--split')),
    ).toBe('0%');
    await page.keyboard.press('ArrowRight');
    expect(await page.inputValue('#divider')).toBe('0.5');
    const { x, y, width, height } = (await page.locator('.frame').boundingBox())!;
    await page.mouse.click(x + width * 0.75, y + height / 2);
    expect(Math.abs(Number(await page.inputValue('#divider')) - 75)).toBeLessThan(1.5);

    await page.focus('[name="view"][value="portrait"]');
    await page.keyboard.press('ArrowRight');
    await expect.poll(async () => (await shown())[1][1]).toBe('Matte of the enhanced');
    await page.keyboard.press('ArrowRight');
    await expect.poll(async () => (await shown())[1][1]).toBe('Cut from the enhanced');
    const linen = (await shown())[1][0];
    await page.focus('[name="background"]:checked');
    await page.keyboard.press('ArrowRight');
    await expect.poll(async () => (await shown())[1][0]).not.toBe(linen);
    await shoot('demo-composite-dark');
    expect(await violations()).toEqual([]);

    await page.check('[name="view"][value="change"]', { force: true });
    await expect.poll(async () => (await shown())[1][1]).toMatch(/^Change, amplified \d+ times$/);
    const amplified = (await shown())[1];
    await page.fill('#gain', '0');
    await expect.poll(async () => (await shown())[1][1]).toBe('Change, amplified 1 times');
    expect((await shown())[1][0]).not.toBe(amplified[0]);
  });

  it('says what is wrong and what to do, and goes on', async () => {
    await open();
    const notice = () => page.textContent('#notice');
    await drop('notes.txt', 'text/plain', Buffer.from('not a picture'));
    await page.waitForSelector('#notice:visible');
    expect(await notice()).toMatch(/not a picture that can be read.*Give a complete JPEG/);

    const black = {
      width: 96,
      height: 96,
      channels: 3 as const,
      data: new Uint8Array(96 * 96 * 3),
    };
    await drop('black.png', 'image/png', await encodePng(black));
    await state('ready');
    expect(await page.isVisible('#notice')).toBe(false);
    await enhance(1);
    await page.waitForSelector('#notice:visible', { timeout: 60_000 });
    expect(await notice()).toMatch(/No person was found/);
    await state('ready');

    await page.selectOption('#reference', 'onnx');
    await page.click('#enhance');
    expect(await notice()).toMatch(/No model file was chosen/);
    await page.setInputFiles('#onnx-file', {
      name: 'bad.onnx',
      mimeType: '',
      buffer: Buffer.from('no'),
    });
    await page.click('#enhance');
    await expect.poll(notice).toMatch(/The model file cannot be used/);
    await page.click('#change-photo');
    await dropPhoto();
    await page.setInputFiles('#onnx-file', here('brightness.onnx'));
    await enhance(1);
    await state('done');
    expect(await page.textContent('#technical')).toContain('brightness.onnx');
  });

  it('explains itself where there is no WebGPU', async () => {
    await open({}, () => {
      Object.defineProperty(Navigator.prototype, 'gpu', { get: () => undefined });
    });
    await expect
      .poll(() => page.textContent('#device-hint'))
      .toMatch(/This browser has no WebGPU.*WebAssembly gives the same/);
    expect(await page.isDisabled('[name="device"][value="webgpu"]')).toBe(true);
    expect(await page.textContent('.on-device')).toContain('Photos stay on this device');
    expect(await page.getAttribute('meta[http-equiv]', 'content')).toContain("connect-src 'self';");
    expect(await violations()).toEqual([]);
  });

  it('fits a phone, takes a picture with its camera, and turns the camera off', async () => {
    await open({
      viewport: { width: 360, height: 740 },
      deviceScaleFactor: 2,
      isMobile: true,
      hasTouch: true,
      permissions: ['camera'],
    });
    const overflow = () =>
      page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
    expect(await overflow()).toBe(0);
    await page.click('#camera-open');
    await page.waitForSelector('#camera-take:enabled');
    await shoot('demo-camera');
    await page.evaluate(() => {
      const { srcObject } = document.querySelector('video')!;
      (globalThis as { track?: MediaStreamTrack }).track = (
        srcObject as MediaStream
      ).getTracks()[0];
    });
    await page.click('#camera-take');
    await state('ready');
    expect(
      await page.evaluate(() => (globalThis as { track?: MediaStreamTrack }).track!.readyState),
    ).toBe('ended');
    expect(await page.textContent('#photo-name')).toBe('camera.png');
    expect(await overflow()).toBe(0);
    expect(await violations()).toEqual([]);
  });
});
