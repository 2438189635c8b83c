import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AbortedError, readImage, readMap } from '@latent-matte/backend-node';
import { OutputError } from '@latent-matte/backend-node/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fakeEnhancement, fakeSource } from '../testing/fake-enhancement';
import { writeEnhancement } from './write-enhancement';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latent-matte-cli-'));
});
afterEach(() => rm(folder, { recursive: true }));

const source = fakeSource();
const enhancement = fakeEnhancement(source);
const input = { name: 'a "photo" <1>.jpg', source, enhancement };

describe('writeEnhancement', () => {
  it('writes every file, and nothing else', async () => {
    const written = await writeEnhancement(join(folder, 'a'), input);
    expect(await readdir(folder)).toEqual(['a']);
    expect((await readdir(join(folder, 'a'))).sort()).toEqual([...written.result.files].sort());
    const portrait = await readImage(join(folder, 'a', 'portrait.png'));
    expect([portrait.width, portrait.height]).toEqual([24, 16]);
    const cutout = await readMap(join(folder, 'a', 'foreground.png'));
    expect(cutout.data[8 * 24 + 10]).toBe(Math.round(255 * enhancement.enhanced.alpha.data[202]!));
  });

  it('puts figures, settings and history into result.json', async () => {
    await writeEnhancement(join(folder, 'a'), { ...input, warnings: ['from the file'] });
    const result = JSON.parse(await readFile(join(folder, 'a', 'result.json'), 'utf8'));
    expect(result).toMatchObject({
      tool: 'latent-matte',
      schema: 2,
      source: { name: input.name, width: 24, height: 16 },
      bestStep: 24,
      psnr: 50.9,
      settings: { generator: 'residual-pyramid', steps: 30 },
      warnings: ['from the file', enhancement.warnings[0]],
    });
    expect(result.history).toHaveLength(31);
    expect(result.history[0].psnr).toBeNull();
    expect(result.entropy[1]).toBeLessThan(result.entropy[0]);
    // ±0.004 fits into ±0.5 a hundred times.
    expect(result.amplification).toBe(100);
  });

  it('writes a report that loads nothing and survives hostile names', async () => {
    const { report } = await writeEnhancement(join(folder, 'a'), input);
    const html = await readFile(report, 'utf8');
    expect(html).not.toMatch(/(?:src|href)="(?!data:)/);
    expect(html).not.toContain('https://');
    expect(html).toContain('a &quot;photo&quot; &lt;1&gt;.jpg');
    expect(html).not.toContain('<no>');
    expect(html).not.toMatch(/NaN|undefined|Infinity/);
    expect(html.match(/<svg/g)).toHaveLength(6);
  });

  it('replaces an earlier result, but nothing else', async () => {
    const target = join(folder, 'a');
    await writeEnhancement(target, input);
    await writeEnhancement(target, input);
    await writeFile(join(target, 'holiday.jpg'), 'mine');
    await expect(writeEnhancement(target, input)).rejects.toThrow('holiday.jpg');
    expect(await readFile(join(target, 'holiday.jpg'), 'utf8')).toBe('mine');
    await writeFile(join(folder, 'b'), 'a file');
    await expect(writeEnhancement(join(folder, 'b'), input)).rejects.toBeInstanceOf(OutputError);
    expect((await readdir(folder)).sort()).toEqual(['a', 'b']);
  });

  it('leaves nothing behind when stopped or when writing fails', async () => {
    const signal = AbortSignal.abort();
    await expect(writeEnhancement(join(folder, 'a'), { ...input, signal })).rejects.toBeInstanceOf(
      AbortedError,
    );
    const broken = {
      ...enhancement,
      enhanced: { ...enhancement.enhanced, alpha: { ...enhancement.enhanced.alpha, width: 3 } },
    };
    await expect(
      writeEnhancement(join(folder, 'a'), { ...input, enhancement: broken }),
    ).rejects.toThrow();
    await mkdir(join(folder, 'deep'));
    await writeFile(join(folder, 'deep', 'file'), '');
    await expect(writeEnhancement(join(folder, 'deep', 'file', 'a'), input)).rejects.toBeInstanceOf(
      OutputError,
    );
    expect(await readdir(folder)).toEqual(['deep']);
  });
});
