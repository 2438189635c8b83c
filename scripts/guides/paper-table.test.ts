import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { lineOf, withPaperTables } from './paper-table';
import { root } from './read-guides';

it('docs/method.md names the lines that do what the paper says (vitest -u makes it anew)', async () => {
  const path = join(root, 'docs/method.md');
  await expect(withPaperTables(readFileSync(path, 'utf8'))).toMatchFileSnapshot(path);
});

it('a line must be there once', () => {
  expect(lineOf('x.ts', 'b', 'a\nb\n')).toBe(2);
  expect(() => lineOf('x.ts', 'c', 'a\nb\n')).toThrow('0 lines of x.ts hold “c”.');
  expect(() => lineOf('x.ts', 'a', 'a\na\n')).toThrow('2 lines');
});
