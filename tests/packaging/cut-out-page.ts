import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContext } from 'playwright-core';
import { expect } from 'vitest';

const photo = fileURLToPath(
  new URL('../../examples/quickstart/astronaut-portrait.png', import.meta.url),
);
const weightsOfCutOut = fileURLToPath(
  new URL('../../packages/compact/weights/portrait.safetensors', import.meta.url),
);
const WAIT = 60_000;

/** What happened on a page that cuts a person out. */
export interface Visit {
  /** What it said when it was ready, and at the end. */
  readonly said: readonly string[];
  readonly size: readonly number[];
  /** Opacity of the result in its centre and in a corner, 0…255. */
  readonly center: number;
  readonly corner: number;
  /** Bytes of each file of weights that was fetched: bundlers change the names. */
  readonly weights: readonly number[];
  readonly errors: readonly string[];
}

/** Opens a page of `examples/page-*`, gives it a photo, and looks at what it shows. */
export async function visit(browser: Browser | BrowserContext, url: string): Promise<Visit> {
  const page = await browser.newPage();
  const errors: string[] = [];
  const weights: string[] = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('request', (request) => {
    if (request.url().includes('.safetensors')) weights.push(request.url());
  });
  try {
    await page.goto(url, { timeout: WAIT });
    const status = page.locator('#status');
    const settled = async (): Promise<string> => {
      await page.waitForFunction(
        () => !/…$/.test(document.getElementById('status')!.textContent ?? ''),
        undefined,
        { timeout: WAIT },
      );
      return (await status.textContent()) ?? '';
    };
    const ready = await settled();
    if (!/^Ready/.test(ready)) throw new Error(`${url}: ${ready} ${errors.join()}`);
    await page.setInputFiles('#photo', photo);
    await page.waitForSelector('#status:not(:has-text("Ready"))', { timeout: WAIT });
    const done = await settled();
    await page.waitForSelector('#result', { timeout: WAIT });
    const pixels = await page.evaluate(async () => {
      const image = document.getElementById('result') as HTMLImageElement;
      await image.decode();
      const { naturalWidth: width, naturalHeight: height } = image;
      const context = new OffscreenCanvas(width, height).getContext('2d')!;
      context.drawImage(image, 0, 0);
      const opacity = (x: number, y: number) => context.getImageData(x, y, 1, 1).data[3]!;
      return {
        size: [width, height],
        center: opacity(width >> 1, height >> 1),
        corner: opacity(2, 2),
      };
    });
    const sizes = await page.evaluate(
      (urls) =>
        Promise.all(urls.map(async (url) => (await (await fetch(url)).arrayBuffer()).byteLength)),
      [...weights],
    );
    return { said: [ready, done], ...pixels, weights: sizes, errors };
  } finally {
    await page.close();
  }
}

/** The head is in, the corner is out, a worker did it, and only the weights of a cut-out were fetched, once. */
export function expectCutOut({ said, size, center, corner, weights, errors }: Visit): void {
  expect(errors).toEqual([]);
  expect(said[0]).toMatch(/^Ready: .*in a worker$/);
  expect(said[1]).toMatch(/^Done: \d+ % sure\.$/);
  expect(size).toEqual([272, 300]);
  expect(center).toBeGreaterThan(230);
  expect(corner).toBeLessThan(26);
  expect(weights).toEqual([statSync(weightsOfCutOut).size]);
}
