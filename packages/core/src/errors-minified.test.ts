import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import * as errors from './errors';

interface Thrown {
  readonly name: string;
  readonly stack: string;
}
type Constructors = Record<string, new (...args: string[]) => Thrown>;

const given = ['BACKEND', 'Bad.', 'Mend it.'];

describe('errors in a minified bundle', () => {
  it('keep their names', async () => {
    const { outputFiles } = await build({
      entryPoints: [fileURLToPath(new URL('errors.ts', import.meta.url))],
      bundle: true,
      minify: true,
      format: 'esm',
      write: false,
    });
    const code = outputFiles[0]!.text;
    expect(code).not.toMatch(/class (NoPersonError|LatentMatteError)\b/);
    const module = await import(`data:text/javascript,${encodeURIComponent(code)}`);
    const minified = module as Constructors;
    expect(Object.keys(minified).sort()).toEqual(Object.keys(errors).sort());
    for (const [name, ErrorClass] of Object.entries(minified)) {
      expect(new ErrorClass!(...given).name).toBe(name);
    }
  });

  it('leave the name of a class of somebody else', () => {
    class MineError extends errors.LatentMatteError {}
    expect(new MineError('BACKEND', 'Bad.', 'Mend it.').name).toBe('MineError');
  });
});
