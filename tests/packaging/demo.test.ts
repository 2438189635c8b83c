import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodeImage } from '@latent-matte/backend-node';
import { unzipSync } from 'fflate';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { findChromium } from '../browser/find-chromium';
import { DemoPage, type DroppedFile } from './demo-page';
import type { PackedWorkspace } from './packed-workspace';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const packed = inject('packed');
const executablePath = findChromium();
const skipped =
  'refused' in packed
    ? packed.refused
    : executablePath === undefined
      ? 'no Chromium found'
      : undefined;

const CORNER = [0.01, 0.01] as const;
const FACE = [0.5, 0.5] as const;

describe.skipIf(skipped !== undefined)(`the demo page${skipped ? `: ${skipped}` : ''}`, () => {
  let demo: DemoPage;
  let photo: DroppedFile;
  const notes: DroppedFile = { name: 'notes.txt', type: 'text/plain', bytes: Buffer.from('no') };

  beforeAll(async () => {
    const root = join((packed as PackedWorkspace).folder, 'examples/web-vite');
    demo = await DemoPage.start(root, executablePath!);
    const bytes = await readFile(here('../../examples/quickstart/astronaut-portrait.png'));
    photo = { name: 'Eileen.png', type: 'image/png', bytes };
  });
  afterAll(() => demo?.stop());
  afterEach(async () => {
    await demo.page.context().close();
    expect(demo.problems).toEqual([]);
  });

  async function cutOut(): Promise<void> {
    await demo.drop(photo);
    await demo.settled(3);
    await expect.poll(() => demo.text('#outcome-text')).toMatch(/^In [\d.]+ s; \d+ % sure/);
  }

  it('opens on an example that is cut out, with the hair under a lens', async () => {
    const page = await demo.open();
    expect(await demo.text('#outcome-text')).toMatch(/^An example, cut out beforehand/);
    const [before, after] = await demo.shown();
    expect([before![1], after![1]]).toEqual(['Photo', 'Cut out']);
    expect(before![0]).not.toBe(after![0]);
    await page.waitForSelector('#glass:visible');
    const placed = () => page.$eval('#lens', ({ style: { left, top } }) => [left, top]);
    const [left] = await placed();
    await page.focus('#lens');
    await page.keyboard.press('ArrowRight');
    await expect
      .poll(async () => Number.parseFloat((await placed())[0]!))
      .toBeGreaterThan(Number.parseFloat(left!));
    await page.uncheck('#lens-on');
    await page.waitForSelector('#glass', { state: 'hidden' });
    expect(await demo.violations()).toEqual([]);
    expect(await page.getAttribute('meta[http-equiv]', 'content')).toContain("connect-src 'self';");
  });

  it('cuts a dropped photo out, again without a network, saves and copies it', async () => {
    const page = await demo.open({ permissions: ['clipboard-read', 'clipboard-write'] });
    const said = await demo.said();
    await cutOut();
    // There is a cut-out to look at before the edges are as they should be.
    const lines = await said();
    expect(lines).toContain('Cut out: Looking closer at the edges.');
    expect(lines.at(-1)).toMatch(/^Cut out: In [\d.]+ s; /);
    await page.context().setOffline(true);
    const before = await demo.memory();
    await page.click('text=Settings');
    await page.click('#again');
    await demo.settled(3);
    await expect.poll(() => demo.text('#outcome-text')).toMatch(/^In /);
    const after = await demo.memory();
    expect(after.heap - before.heap).toBeLessThan(4e6);
    expect(after.nodes - before.nodes).toBeLessThan(200);

    const saved = await demo.download('#download-cut-out');
    expect(saved.name).toBe('Eileen-cut-out.png');
    const transparent = await demo.pixels(saved.bytes, [CORNER, FACE]);
    expect(transparent.size).toEqual([272, 300]);
    expect(transparent.at[0]![3]).toBeLessThan(15);
    expect(transparent.at[1]![3]).toBeGreaterThan(240);
    const onSage = await demo.download('#download-on-background');
    const [sage] = (await demo.pixels(onSage.bytes, [CORNER])).at;
    [0x7d, 0x9a, 0x86, 255].forEach((value, c) => {
      expect(Math.abs(sage![c]! - value)).toBeLessThan(8);
    });
    expect((await demo.download('#download-matte')).name).toBe('Eileen-matte.png');
    await page.click('#copy');
    await expect.poll(() => demo.text('#copy')).toBe('Copied');
    const copied = await page.evaluate(async () => (await navigator.clipboard.read())[0]!.types);
    expect(copied).toEqual(['image/png']);
  });

  it('compares with mouse and keyboard, on backgrounds, in the dark', async () => {
    const page = await demo.open({ colorScheme: 'dark' });
    await page.focus('#divider');
    await page.keyboard.press('Home');
    const split = () =>
      page.$eval('.frame', (frame) => getComputedStyle(frame).getPropertyValue('--split'));
    expect(await split()).toBe('0%');
    await page.keyboard.press('ArrowRight');
    expect(await page.inputValue('#divider')).toBe('0.5');
    const { x, y, width, height } = (await page.locator('.frame').boundingBox())!;
    await page.mouse.click(x + width * 0.75, y + height * 0.6);
    expect(Math.abs(Number(await page.inputValue('#divider')) - 75)).toBeLessThan(1.5);

    const sage = (await demo.shown())[1]![0];
    await page.focus('[name="background"]:checked');
    await page.keyboard.press('ArrowRight');
    await expect.poll(async () => (await demo.shown())[1]![0]).not.toBe(sage);
    await demo.shoot('demo-dark');
    await page.focus('[name="view"][value="composite"]');
    await page.keyboard.press('ArrowRight');
    await expect.poll(async () => (await demo.shown())[1]![1]).toBe('Matte');
    expect(await demo.violations()).toEqual([]);
  });

  it('hears what is marked by hand, and forgets it again', async () => {
    const page = await demo.open();
    await cutOut();
    const faceAlpha = async () => {
      const { bytes } = await demo.download('#download-cut-out');
      return (await demo.pixels(bytes, [FACE])).at[0]![3]!;
    };
    expect(await faceAlpha()).toBeGreaterThan(240);
    await demo.choose('tool', 'background');
    const { x, y, width, height } = (await page.locator('#brush').boundingBox())!;
    await page.mouse.move(x + 0.45 * width, y + 0.5 * height);
    await page.mouse.down();
    await page.mouse.move(x + 0.55 * width, y + 0.5 * height, { steps: 4 });
    await page.mouse.up();
    await expect.poll(() => demo.text('#outcome-text'), { timeout: 60_000 }).toMatch(/your marks/);
    expect(await faceAlpha()).toBeLessThan(15);
    expect(await demo.violations()).toEqual([]);
    await demo.shoot('demo-marked');
    await page.click('#undo');
    await expect.poll(faceAlpha, { timeout: 60_000 }).toBeGreaterThan(240);
    // The same by keyboard: the brush begins in the middle.
    await page.focus('#brush');
    await page.keyboard.press('Enter');
    await expect.poll(faceAlpha, { timeout: 60_000 }).toBeLessThan(15);
  });

  it('searches with a live preview, says that it was cancelled, and shows what was found', async () => {
    const page = await demo.open();
    await demo.choose('view', 'composite');
    await page.click('#strip li:nth-child(2) button');
    await demo.search(500);
    await page.waitForFunction(
      () => /^Step [1-9]/.test(document.querySelector('#progress-step')!.textContent!),
      null,
      { timeout: 120_000 },
    );
    await expect.poll(async () => (await demo.shown())[1]![1]).toBe('At this step');
    await demo.shoot('demo-searching');
    expect(await demo.violations()).toEqual([]);
    await page.click('#cancel');
    await demo.state('done');
    expect(await demo.text('#outcome-title')).toBe('Cancelled');
    expect(await demo.text('#outcome-text')).toMatch(/^Cancelled at step \d+ of 500\./);

    await demo.search(5);
    await demo.state('done');
    expect(await demo.text('#technical')).toMatch(/dB|identical/);
    expect(page.workers().length).toBe(1);
    expect(await demo.violations()).toEqual([]);
    expect(await demo.text('#outcome-title')).toBe('Enhanced');
    expect(await demo.text('#outcome-text')).toMatch(
      /^Edges changed in [\d.]+ % of the picture\..* by more than \d+ of 255\.$/,
    );
    expect((await demo.shown()).map(([, label]) => label)).toEqual([
      'Cut from the photo',
      'Cut from the enhanced',
    ]);
    expect((await demo.download('#download-portrait')).name).toBe(
      'astronaut-close-up-portrait.png',
    );
    await demo.choose('view', 'change');
    await expect.poll(async () => (await demo.shown())[1]![1]).toMatch(/^Change ×\d+$/);
    const amplified = (await demo.shown())[1]![0];
    await page.fill('#gain', '0');
    await expect.poll(async () => (await demo.shown())[1]![1]).toBe('Change ×1');
    expect((await demo.shown())[1]![0]).not.toBe(amplified);
  });

  it('cuts a batch out, names what failed, saves all, and says what was cancelled', async () => {
    const page = await demo.open();
    await demo.drop(photo, notes, photo);
    await demo.settled(5);
    await expect.poll(() => demo.text('#batch-line')).toBe('2 of 3 cut out, 1 failed');
    await page.click('#strip li:nth-child(4) button');
    await page.waitForSelector('#notice:visible');
    expect(await demo.text('#notice')).toMatch(/not a picture that can be read.*Give a complete/);
    const { name, bytes } = await demo.download('#download-all');
    expect(name).toBe('cut-outs.zip');
    const files = unzipSync(bytes);
    expect(Object.keys(files)).toEqual(['Eileen-cut-out.png', 'Eileen-2-cut-out.png']);
    const [first] = Object.values(files);
    expect((await demo.pixels(Buffer.from(first!), [])).size).toEqual([272, 300]);

    await demo.drop(photo, photo, photo);
    await page.click('#cancel-batch');
    await demo.settled(8);
    expect(await demo.text('#batch-line')).toMatch(/^\d of 6 cut out, 1 failed, [23] cancelled$/);
    expect(await demo.violations()).toEqual([]);
  });

  it('says what is wrong and what to do, and goes on', async () => {
    const page = await demo.open();
    const notice = () => demo.text('#notice');
    const data = new Uint8Array(96 * 96 * 3);
    const black = await encodeImage({ width: 96, height: 96, channels: 3, data }, 'png');
    await demo.drop({ name: 'black.png', type: 'image/png', bytes: black });
    await expect.poll(notice, { timeout: 60_000 }).toMatch(/No person was found/);

    await page.click('text=Settings');
    await page.selectOption('#reference', 'onnx');
    await demo.drop(photo);
    await expect.poll(notice).toMatch(/No model file was chosen/);
    const bad = { name: 'bad.onnx', mimeType: '', buffer: Buffer.from('no') };
    await page.setInputFiles('#onnx-file', bad);
    await page.click('#again');
    await expect.poll(notice).toMatch(/The model file cannot be used/);
    await page.setInputFiles('#onnx-file', here('brightness.onnx'));
    await page.click('#again');
    await expect.poll(() => demo.text('#outcome-text'), { timeout: 60_000 }).toMatch(/^In /);
    expect(await page.isVisible('#notice')).toBe(false);
  });

  it('explains itself where there is no WebGPU', async () => {
    const page = await demo.open({}, () => {
      Object.defineProperty(Navigator.prototype, 'gpu', { get: () => undefined });
    });
    await page.click('text=Settings');
    await expect
      .poll(() => demo.text('#device-hint'))
      .toMatch(/This browser has no WebGPU.*WebAssembly gives the same/);
    expect(await page.isDisabled('[name="device"][value="webgpu"]')).toBe(true);
    expect(await demo.text('.on-device')).toContain('Photos stay on this device');
    expect(await demo.violations()).toEqual([]);
  });

  it('keeps the picture in view on a phone, takes one with its camera, and turns it off', async () => {
    const page = await demo.open({
      viewport: { width: 360, height: 740 },
      deviceScaleFactor: 2,
      isMobile: true,
      hasTouch: true,
      colorScheme: 'dark',
      permissions: ['camera'],
    });
    expect(await demo.overflow()).toBe(0);
    await page.locator('#settings').scrollIntoViewIfNeeded();
    const frame = (await page.locator('.frame').boundingBox())!;
    expect(frame.y).toBeGreaterThanOrEqual(0);
    expect(frame.y + frame.height).toBeLessThan(0.75 * 740);
    await demo.shoot('demo-phone');
    await page.click('#camera-open');
    await page.waitForSelector('#camera-take:enabled');
    await page.evaluate(() => {
      const { srcObject } = document.querySelector('video')!;
      (globalThis as { track?: MediaStreamTrack }).track = (
        srcObject as MediaStream
      ).getTracks()[0];
    });
    await page.click('#camera-take');
    await demo.settled(3);
    expect(
      await page.evaluate(() => (globalThis as { track?: MediaStreamTrack }).track!.readyState),
    ).toBe('ended');
    expect(await page.getAttribute('#strip li:last-child button', 'aria-label')).toMatch(
      /^camera, /,
    );
    expect(await demo.overflow()).toBe(0);
    expect(await demo.violations()).toEqual([]);
  });
});
