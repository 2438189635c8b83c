import { execFile } from 'node:child_process';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, inject, it } from 'vitest';
import type { PackedWorkspace } from './packed-workspace';

const run = promisify(execFile);
const require = createRequire(import.meta.url);
const packed = inject('packed');
const refused = 'refused' in packed ? packed.refused : undefined;
const { folder } = packed as PackedWorkspace;

const node = ['core', 'models', 'compact', 'compact-generator', 'backend-node', 'pairs'] as const;
const web = ['core', 'models', 'compact', 'backend-web'] as const;

/** Somebody who checks the declarations of their libraries too, which `skipLibCheck` otherwise leaves out. */
describe.skipIf(refused !== undefined)(`types${refused ? `: ${refused}` : ''}`, () => {
  it.each([
    ['bundler', 'esnext', web],
    ['nodenext', 'nodenext', node],
    ['node16', 'node16', node],
  ] as const)(
    'of every entry compile with moduleResolution %s',
    async (resolution, module, packages) => {
      const root = join(folder, `types-${resolution}`);
      await mkdir(join(root, 'node_modules/@types'), { recursive: true });
      // Everybody in Node has them.
      await symlink(
        dirname(require.resolve('@types/node/package.json')),
        join(root, 'node_modules/@types/node'),
      );
      const lines: string[] = [];
      for (const name of packages) {
        const path = join(folder, 'node_modules/@latent-matte', name, 'package.json');
        const { exports } = JSON.parse(await readFile(path, 'utf8')) as {
          exports: Record<string, string | { types?: string }>;
        };
        for (const [entry, target] of Object.entries(exports)) {
          if (typeof target === 'string' || target.types === undefined) continue;
          const specifier = `@latent-matte/${name}${entry.slice(1)}`;
          lines.push(`export * as entry${lines.length} from '${specifier}';`);
        }
      }
      expect(lines.length).toBeGreaterThan(10);
      await writeFile(join(root, 'package.json'), '{ "type": "module" }');
      await writeFile(join(root, 'consumer.ts'), `${lines.join('\n')}\n`);
      const compilerOptions = {
        target: 'es2022',
        module,
        moduleResolution: resolution,
        // The declarations of tfjs-core name types of the DOM, which are there where `lib` is not set otherwise.
        lib: ['ES2023', 'DOM', 'DOM.Iterable', 'ESNext.Disposable'],
        strict: true,
        skipLibCheck: false,
        noEmit: true,
      };
      await writeFile(
        join(root, 'tsconfig.json'),
        JSON.stringify({ compilerOptions, files: ['consumer.ts'] }),
      );
      const compiler = require.resolve('typescript/bin/tsc');
      const output = await run(process.execPath, [compiler, '-p', root]).then(
        ({ stdout }) => stdout,
        (error: { stdout: string }) => error.stdout,
      );
      expect(output.split('\n').filter((line) => line.includes('error'))).toEqual([]);
    },
  );
});
