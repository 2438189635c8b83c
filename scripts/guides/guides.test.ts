import { describe, expect, it } from 'vitest';
import { codeErrors } from './check-code';
import { brokenLinks } from './check-links';
import { codeBlocks, readPages } from './read-guides';

const pages = readPages();

describe('guides', () => {
  it('link to files and headings that are there', () => {
    expect(brokenLinks(pages)).toEqual([]);
    const wrong = {
      path: 'docs/wrong.md',
      text: '[a](nowhere.md) [b](errors.md#nothing) `[c](d.md)`',
    };
    expect(brokenLinks([...pages, wrong])).toEqual([
      'docs/wrong.md: nowhere.md',
      'docs/wrong.md: errors.md#nothing',
    ]);
  });

  it('have code that fits the SDK', () => {
    const blocks = pages.flatMap(codeBlocks);
    expect(blocks.length).toBeGreaterThan(20);
    const wrong = codeBlocks({
      path: 'docs/wrong.md',
      text: '```ts\nconst { matte } = await enhancePortrait(photo, { stepz: 3 });\n```\n',
    });
    const errors = codeErrors([...blocks, ...wrong]);
    expect(errors.filter((error) => !error.startsWith('docs/wrong.md'))).toEqual([]);
    expect(errors.join()).toMatch(/docs\/wrong\.md:2:.*matte/);
    expect(errors.join()).toMatch(/docs\/wrong\.md:2:.*stepz/);
  });

  it('use what is public', () => {
    const inside = pages
      .flatMap(codeBlocks)
      .filter(({ code }) => /@latent-matte\/[\w-]+\/internals?\b/.test(code));
    expect(inside.map(({ page, line }) => `${page}:${line}`)).toEqual([]);
  });
});
