import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { source as axe } from 'axe-core';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { type PreviewServer, preview } from 'vite';
import { chromiumFlags } from '../browser/find-chromium';

const run = promisify(execFile);

/** The demo page as it is served, and what a person does with it. */
export class DemoPage {
  readonly #server: PreviewServer;
  readonly #browser: Browser;
  readonly #address: string;
  /** What the open page did that it should not. */
  problems: string[] = [];
  page!: Page;

  private constructor(server: PreviewServer, browser: Browser) {
    this.#server = server;
    this.#browser = browser;
    this.#address = server.resolvedUrls!.local[0]!;
  }

  /** Builds the page in its folder and serves it, isolated from other pages, as some hosts serve everything. */
  static async start(root: string, executablePath: string): Promise<DemoPage> {
    await run('npm', ['run', 'build'], { cwd: root });
    const headers = {
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Embedder-Policy': 'require-corp',
    };
    const server = await preview({ root, configFile: false, preview: { port: 0, headers } });
    const camera = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'];
    const args = [...chromiumFlags, ...camera];
    return new DemoPage(server, await chromium.launch({ executablePath, args }));
  }

  async stop(): Promise<void> {
    await this.#browser.close();
    await this.#server.close();
  }

  async open(options: BrowserContextOptions = {}, before?: () => void): Promise<Page> {
    this.problems = [];
    const context = await this.#browser.newContext({
      viewport: { width: 1280, height: 900 },
      ...options,
    });
    const page = await context.newPage();
    // A machine may be busy with the tests beside this one.
    page.setDefaultTimeout(120_000);
    this.page = page;
    page.on('pageerror', (error) => this.problems.push(String(error)));
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) this.problems.push(message.text());
    });
    page.on('request', (request) => {
      const url = request.url();
      const own = [this.#address, 'blob:', 'data:'].some((start) => url.startsWith(start));
      // Nothing leaves: no other server is asked, and this one is sent nothing.
      if (!own || request.method() !== 'GET') this.problems.push(`${request.method()} ${url}`);
    });
    if (before !== undefined) await page.addInitScript(before);
    await page.goto(this.#address);
    await this.state('done');
    return page;
  }

  state = (name: string) =>
    this.page.waitForSelector(`body[data-state="${name}"]`, { timeout: 120_000 });

  /** Drops files on the page as a person would. */
  async drop(...files: readonly DroppedFile[]): Promise<void> {
    const encoded = files.map(({ bytes, ...file }) => ({
      ...file,
      base64: Buffer.from(bytes).toString('base64'),
    }));
    const transfer = await this.page.evaluateHandle((files) => {
      const transfer = new DataTransfer();
      for (const { name, type, base64 } of files) {
        const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
        transfer.items.add(new File([bytes], name, { type }));
      }
      return transfer;
    }, encoded);
    await this.page.dispatchEvent('.stage', 'dragover', { dataTransfer: transfer });
    await this.page.dispatchEvent('.stage', 'drop', { dataTransfer: transfer });
  }

  /** Until nothing is being cut out; a drop of `count` own photos came before. */
  async settled(count: number): Promise<void> {
    await this.page.waitForFunction(
      (count) => {
        const buttons = [...document.querySelectorAll<HTMLElement>('#strip button')];
        return (
          buttons.length >= count &&
          buttons.every(({ dataset }) => !/waiting|working/.test(dataset.state!))
        );
      },
      count,
      { timeout: 120_000 },
    );
  }

  text = async (selector: string): Promise<string> =>
    (await this.page.textContent(selector))!.replace(/\s+/g, ' ').trim();

  /** Listens to what the page says of the photo that is looked at. @returns each sentence, with what was shown then */
  async said(): Promise<() => Promise<string[]>> {
    const heard = await this.page.evaluateHandle(() => {
      const heard: string[] = [];
      const [text, shown] = ['#outcome-text', '.frame .after'].map(
        (selector) => document.querySelector(selector)!,
      );
      const listen = () => {
        const line = `${shown!.getAttribute('aria-label')}: ${text!.textContent}`;
        if (heard.at(-1) !== line) heard.push(line);
      };
      new MutationObserver(listen).observe(document.body, {
        subtree: true,
        childList: true,
        attributes: true,
      });
      return heard;
    });
    return () => heard.jsonValue();
  }

  choose = (name: string, value: string) =>
    this.page.check(`[name="${name}"][value="${value}"]`, { force: true });

  /** Starts a search over few pixels. */
  async search(steps: number): Promise<void> {
    if (!(await this.page.isVisible('#steps'))) await this.page.click('text=Settings');
    await this.page.fill('#steps', String(steps));
    await this.page.selectOption('#working-size', '256');
    await this.page.click('#search');
    await this.state('searching');
  }

  /** What is on both sides of the divider: a sum of the pixels, and what it is called. */
  shown = (): Promise<[pixels: number, label: string][]> =>
    this.page.$$eval('.frame .before, .frame .after', (canvases) =>
      canvases.map((canvas) => {
        const { width, height } = canvas as HTMLCanvasElement;
        const context = new OffscreenCanvas(width, height).getContext('2d', {
          willReadFrequently: true,
        })!;
        context.drawImage(canvas as HTMLCanvasElement, 0, 0);
        const { data } = context.getImageData(0, 0, width, height);
        const sum = data.reduce((sum, value) => sum + value, 0);
        return [sum, canvas.getAttribute('aria-label')!] as [number, string];
      }),
    );

  /** A file that a button saves. */
  async download(button: string): Promise<{ name: string; bytes: Buffer }> {
    const [saved] = await Promise.all([
      this.page.waitForEvent('download'),
      this.page.click(button),
    ]);
    return { name: saved.suggestedFilename(), bytes: await readFile(await saved.path()) };
  }

  /** Size of a picture, and pixels at shares of width and height. */
  pixels = (bytes: Buffer, places: readonly (readonly [number, number])[]) =>
    this.page.evaluate(
      async ({ base64, places }) => {
        const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
        const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
        const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d', {
          willReadFrequently: true,
        })!;
        context.drawImage(bitmap, 0, 0);
        return {
          size: [bitmap.width, bitmap.height],
          at: places.map(([x, y]) => [
            ...context.getImageData(x * bitmap.width, y * bitmap.height, 1, 1).data,
          ]),
        };
      },
      { base64: bytes.toString('base64'), places },
    );

  /** What the page holds. */
  async memory(): Promise<{ heap: number; nodes: number }> {
    const session = await this.page.context().newCDPSession(this.page);
    await session.send('HeapProfiler.collectGarbage');
    const { usedSize } = await session.send('Runtime.getHeapUsage');
    const { nodes } = await session.send('Memory.getDOMCounters');
    await session.detach();
    return { heap: usedSize, nodes };
  }

  /** Violations of the rules for accessible pages. */
  async violations(): Promise<string[]> {
    await this.page.evaluate(axe);
    return await this.page.evaluate(async () => {
      const { axe } = globalThis as unknown as {
        axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
      };
      const found = (await axe.run()).violations;
      return found.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
    });
  }

  /** How far the page can be scrolled sideways, pixels. */
  overflow = (): Promise<number> =>
    this.page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );

  async shoot(name: string): Promise<void> {
    const folder = process.env.LATENT_MATTE_SCREENSHOTS;
    if (folder !== undefined) await this.page.screenshot({ path: join(folder, `${name}.png`) });
  }
}

export interface DroppedFile {
  readonly name: string;
  readonly type: string;
  readonly bytes: Uint8Array;
}
