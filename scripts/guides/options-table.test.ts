import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { withOptionTables } from './options-table';
import { root } from './read-guides';

it('docs/options.md is what the options declare (vitest -u makes it anew)', async () => {
  const path = join(root, 'docs/options.md');
  await expect(withOptionTables(readFileSync(path, 'utf8'))).toMatchFileSnapshot(path);
});
