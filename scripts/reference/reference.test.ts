import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findChromium } from '../../tests/browser/find-chromium';
import { root } from '../guides/read-guides';

const run = promisify(execFile);
const executablePath = findChromium();

/** The reference of core and all guides: what is particular to ours shows there, in a fraction of the time. */
describe('the API reference', () => {
  const site = mkdtempSync(join(tmpdir(), 'latent-matte-reference-'));
  const page = (path: string): string => readFileSync(join(site, path), 'utf8');
  beforeAll(async () => {
    const typedoc = join(root, 'node_modules/typedoc/bin/typedoc');
    const only = ['--entryPoints', 'packages/core/src/index.ts', '--out', site];
    // Links to the other packages lead nowhere here.
    const quiet = ['--validation.invalidLink', 'false', '--logLevel', 'Error'];
    await run(process.execPath, [typedoc, ...only, ...quiet], { cwd: root });
  }, 300_000);
  afterAll(() => rmSync(site, { recursive: true, force: true }));

  it('has every guide', () => {
    const { projectDocuments } = JSON.parse(readFileSync(join(root, 'typedoc.json'), 'utf8')) as {
      projectDocuments: string[];
    };
    const guides = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));
    expect([...projectDocuments].sort()).toEqual(guides.map((name) => `docs/${name}`).sort());
  });

  it('says which numbers an option takes, and its default, in every preset', () => {
    const text = page('interfaces/_latent-matte_core.AdvancedOptions.html').replace(/<[^>]+>/g, '');
    expect(text).toContain('Values: a finite number ≥ 0, dB. Default: 45 (fast), 0 (paper)');
    const cutOut = page('interfaces/_latent-matte_core.AdvancedMatteOptions.html').replace(
      /<[^>]+>/g,
      '',
    );
    expect(cutOut).toContain('Values: a whole number ≥ 64, pixels. Default: 512.');
  });

  it('sorts a module into categories, and links to the source', () => {
    const module = page('modules/_latent-matte_core.html');
    for (const title of ['Cut-outs', 'Enhancement', 'Parts of your own', 'Errors']) {
      expect(module).toContain(title);
    }
    expect(module).not.toMatch(/<h2[^>]*>(<[^>]+>|\s)*Other\b/);
    const [, link, line] = /href="\.\.\/(sources\/[^"#]+)#(L\d+)"/.exec(
      page('functions/_latent-matte_core.cutOut.html'),
    )!;
    expect(page(link!)).toMatch(new RegExp(`id="${line}">export async function cutOut`));
  });

  it('says which part of a page is the main one', () => {
    for (const path of ['index.html', 'functions/_latent-matte_core.cutOut.html']) {
      expect(page(path).match(/role="main"/g)).toHaveLength(1);
    }
  });

  it.skipIf(executablePath === undefined)('is not wider than a phone', async () => {
    const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
    try {
      const phone = { viewport: { width: 390, height: 844 }, isMobile: true };
      const tab = await (await browser.newContext(phone)).newPage();
      const wide: string[] = [];
      const guides = readdirSync(join(site, 'documents')).map((name) => `documents/${name}`);
      const others = [
        'index.html',
        'modules/_latent-matte_core.html',
        'interfaces/_latent-matte_core.AdvancedOptions.html',
        'functions/_latent-matte_core.cutOut.html',
        'classes/_latent-matte_core.NoPersonError.html',
        'types/_latent-matte_core.ModelChoice.html',
        'hierarchy.html',
        'sources/packages/core/src/contracts/latent-code.ts.html',
      ];
      for (const path of [...others, ...guides]) {
        await tab.goto(pathToFileURL(join(site, path)).href);
        const width = await tab.evaluate(() => document.documentElement.scrollWidth);
        if (width > 390) wide.push(`${path}: ${width}`);
      }
      expect(wide).toEqual([]);
    } finally {
      await browser.close();
    }
  });
});
