import { expect, it } from 'vitest';
import { noticesOf } from './third-party-notices.mjs';

const bundled = (id: string, license: string, ...texts: string[]) => ({
  id,
  license,
  home: `https://example.org/${id}`,
  texts,
});

it('gives every licence once, with all that are under it', () => {
  const notices = noticesOf([
    bundled('b 1.0.0', 'MIT', 'Copyright B. Permission …'),
    bundled('c 2.0.0', 'Apache-2.0', 'Apache License …'),
    bundled('a 3.0.0', 'Apache-2.0'),
  ]);
  expect(notices.match(/Apache License …/g)).toHaveLength(1);
  expect(notices).toContain('a 3.0.0, c 2.0.0\n\nApache License …');
  expect(notices).toContain('b 1.0.0\n\nCopyright B.');
  expect(notices.indexOf('a 3.0.0 (')).toBeLessThan(notices.indexOf('b 1.0.0 ('));
});

it('refuses what has no text of its licence', () => {
  expect(() => noticesOf([bundled('x 1.0.0', 'MIT')])).toThrow(/x 1\.0\.0 \(MIT\) has no text/);
});
