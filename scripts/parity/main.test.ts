import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { main } from './main';

const fixtures = fileURLToPath(new URL('../../packages/core/fixtures', import.meta.url));

describe('pnpm parity', () => {
  let lines: string[];
  beforeEach(() => {
    lines = [];
    vi.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(line));
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
  });
  afterEach(() => vi.restoreAllMocks());

  const rows = () => lines.slice(1).map((line) => line.split(' | '));

  it('finds every fixture of what is implemented in tolerance', async () => {
    const only = 'losses,metrics,formats';
    expect(await main(['--fixtures', fixtures, '--backend', 'cpu', '--only', only])).toBe(0);
    expect(lines[0]).toBe('item | max abs error | tolerance | ok');
    const manifest = JSON.parse(readFileSync(join(fixtures, 'formats/manifest.json'), 'utf8')) as {
      files: { file: string }[];
    };
    expect(rows().map(([item]) => item)).toEqual([
      'losses',
      'metrics',
      ...manifest.files.map(({ file }) => `formats/${file}`),
    ]);
    for (const [item, error, tolerance, state] of rows()) {
      expect(Number(error), item).toBeLessThanOrEqual(Number(tolerance));
      expect(state, item).toBe('ok');
    }
  });

  it('finds foreground estimation exact: closed form with its gradients, and multi-level', async () => {
    const only = 'foreground_37x53,foreground_48x64';
    expect(await main(['--fixtures', fixtures, '--backend', 'cpu', '--only', only])).toBe(0);
    for (const [item, error, tolerance, state] of rows()) {
      expect(Number(error), item).toBeLessThanOrEqual(Number(tolerance));
      expect(state, item).toBe('ok');
    }
    expect(rows()).toHaveLength(2);
  });

  it('says what devices there are when there is no such one', async () => {
    const errors: string[] = [];
    vi.spyOn(console, 'error').mockImplementation((line: string) => void errors.push(line));
    const given = ['--fixtures', fixtures, '--only', 'losses', '--backend', 'tensorflow'];
    expect(await main(given)).toBe(1);
    expect(errors.join()).toMatch(/no device "tensorflow".*"native"/);
  });

  it('selects items and groups, and calls what is not there unknown', async () => {
    const only = 'metrics,formats,no_such_item';
    expect(await main(['--fixtures', fixtures, '--only', only])).toBe(1);
    expect(rows()[0]![0]).toBe('metrics');
    expect(rows().filter(([item]) => item!.startsWith('formats/')).length).toBeGreaterThan(20);
    expect(lines.at(-1)).toBe('no_such_item | - | - | unknown');
  });

  it('fails for a changed reference, and reports a fixture nobody checks as missing', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'parity-'));
    try {
      const source = readFileSync(join(fixtures, 'metrics.safetensors'));
      // One digit of one published number, and one letter of the item's name; lengths stay.
      const replace = (text: string, by: string) =>
        Buffer.from(source.toString('latin1').replace(text, by), 'latin1');
      writeFileSync(
        join(folder, 'a.safetensors'),
        replace('0.40851764705882354', '0.40852764705882354'),
      );
      writeFileSync(join(folder, 'b.safetensors'), replace('"item":"metrics"', '"item":"metrixx"'));
      cpSync(join(fixtures, 'metrics.safetensors'), join(folder, 'c.safetensors'));
      expect(await main(['--fixtures', folder])).toBe(1);
      expect(rows().map(([, , , state]) => state)).toEqual(['FAIL', 'missing', 'ok']);
      expect(Number(rows()[0]![1])).toBeCloseTo(1e-5, 8);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('needs a folder', async () => {
    expect(await main([])).toBe(1);
    expect(await main(['--fixtures', '/no/such/folder'])).toBe(1);
  });
});
