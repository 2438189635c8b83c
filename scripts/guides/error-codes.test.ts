import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from './read-guides';

/** Packages that applications install. */
const PACKAGES = [
  'core',
  'compact',
  'compact-generator',
  'models',
  'backend-node',
  'backend-web',
  'pairs',
  'cli',
];

/** Errors without a code that no caller sees: text for another error, and what a mistake in these sources would do. */
const PLAIN: Readonly<Record<string, string>> = {
  'core/src/packed-error.ts': 'gives back what a thread threw',
  'core/src/remote/device/watch-webgpu.ts': 'words of a BackendError',
  'models/src/adapters/onnx/value.ts': 'becomes the error of the node that it happens at',
  'models/src/layers/maps.ts': 'a network of these packages is wired wrongly',
  'backend-node/src/image/fetched-bytes.ts': 'becomes an InvalidImageError',
  'backend-node/src/pool/portrait-worker.ts': 'the file is not for callers',
  'backend-web/src/cut-out/picture-source.ts': 'becomes an InvalidImageError',
  'cli/src/flags/renamed-flag.ts': 'a flag of these sources is named wrongly',
  'pairs/src/option-schema.ts': 'an option of these sources is recorded, and no plain value',
};

interface Source {
  readonly path: string;
  readonly text: string;
}

const sources: Source[] = PACKAGES.flatMap((name) => {
  const folder = join(root, 'packages', name, 'src');
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !/\.test\.ts$|(^|\/)testing\//.test(file))
    .map((file) => {
      const path = join(folder, file);
      return { path: relative(join(root, 'packages'), path), text: readFileSync(path, 'utf8') };
    });
});

const errors = sources.find(({ path }) => path === 'core/src/errors.ts')!.text;
const guide = readFileSync(join(root, 'docs/errors.md'), 'utf8');

/** Cells of the rows of the guide that begin with a code. */
const rows = [...guide.matchAll(/^\| `([A-Z_]+)` *\|(.*)\|$/gm)].map(([, code, rest]) => ({
  code: code!,
  cells: rest!.split('|').map((cell) => cell.trim()),
}));
const [ofClasses, ofHttp] = [
  rows.filter(({ cells }) => cells[0]!.startsWith('`')),
  rows.filter(({ cells }) => /^\d{3}$/.test(cells[0]!)),
];

describe('docs/errors.md', () => {
  it('has a row for every code and its class, with cause and remedy', () => {
    const codes = [
      ...errors.match(/type LatentMatteErrorCode =([^;]+);/)![1]!.matchAll(/'(\w+)'/g),
    ];
    const classes = [
      ...errors.matchAll(
        /^export class (\w+)[^{]*extends LatentMatteError \{[\s\S]*?super\(\s*'(\w+)'/gm,
      ),
    ];
    const declared = classes.map(([, name, code]) => `${code} \`${name}\``).sort();
    expect(declared.map((row) => row.split(' ')[0])).toEqual(codes.map(([, code]) => code!).sort());
    expect(ofClasses.map(({ code, cells }) => `${code} ${cells[0]}`).sort()).toEqual(declared);
    for (const { code, cells } of rows) {
      expect(cells, code).toHaveLength(3);
      for (const cell of cells.slice(1)) expect(cell.length, code).toBeGreaterThan(8);
    }
  });

  it('has a row for every answer of serve', () => {
    const serve = sources.filter(({ path }) => path.startsWith('cli/src/serve/'));
    const thrown = serve.flatMap(({ text }) =>
      [...text.matchAll(/new HttpError\(\s*(\d+),\s*'([A-Z_]+)'/g)].map(
        ([, status, code]) => `${code} ${status}`,
      ),
    );
    thrown.push(
      ...serve.flatMap(({ text }) =>
        [...text.matchAll(/[jJ]son\(response, (\d+), \{ code: '([A-Z_]+)'/g)].map(
          ([, status, code]) => `${code} ${status}`,
        ),
      ),
    );
    const own = thrown.filter(
      (answer) => !ofClasses.some(({ code }) => answer.startsWith(`${code} `)),
    );
    expect(own.length).toBeGreaterThan(5);
    expect(ofHttp.map(({ code, cells }) => `${code} ${cells[0]}`).sort()).toEqual(
      [...new Set(own)].sort(),
    );
  });
});

describe('the sources', () => {
  it('throw nothing without a code', () => {
    const plain = sources.filter(({ text }) =>
      /new (?:Error|TypeError|RangeError|SyntaxError)\(/.test(text),
    );
    expect(plain.map(({ path }) => path).sort()).toEqual(Object.keys(PLAIN).sort());
  });

  it('say no code that is not listed', () => {
    const known = new Set(rows.map(({ code }) => code));
    const said = sources.flatMap(({ path, text }) =>
      [...text.matchAll(/\bcode === '([A-Z_]+)'/g)].map(([, code]) => ({ path, code: code! })),
    );
    // `code` of Node's own errors looks alike: ENOENT, EEXIST …
    const unknown = said.filter(({ code }) => !known.has(code) && !/^E[A-Z]+$|^ERR_/.test(code));
    expect(said.length).toBeGreaterThan(5);
    expect(unknown).toEqual([]);
  });
});
