import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RasterImage, readImage, readMap, writeImage } from '@latent-matte/backend-node';
import { mockComposite } from '@latent-matte/core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run } from '../run';
import { memoryTerminal } from '../testing/fake-enhancement';

let folder: string;
let [photo, matte, out] = ['', '', ''];
const scene = mockComposite(40, 30);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latent-matte-cut-out-'));
  [photo, matte, out] = ['photo.png', 'alpha.png', 'cut.png'].map((name) => join(folder, name));
  await writeImage(photo, scene.image);
  await writeImage(matte, scene.alpha);
});
afterEach(() => rm(folder, { recursive: true }));

async function command(signal: AbortSignal, ...parameters: string[]) {
  const terminal = memoryTerminal();
  const code = await run(['cut-out', ...parameters], terminal, signal);
  return { code, out: terminal.outs.join('\n'), notes: terminal.notes.join('\n') };
}
const cutOut = (...parameters: string[]) => command(new AbortController().signal, ...parameters);

describe('cut-out', () => {
  it.each(['multi-level', 'closed-form', 'blur-fusion'])(
    'writes RGBA with the colours of the person: %s',
    async (method) => {
      const result = await cutOut(photo, '--alpha', matte, '-o', out, '--method', method);
      expect(result).toEqual({ code: 0, out: `${photo} → ${out}`, notes: '' });
      const alpha = await readMap(out);
      expect(alpha).toMatchObject({ width: 40, height: 30 });
      // Over mid-grey, as transparent pictures are read.
      const { data } = await readImage(out, { onWarning: () => undefined });
      let [naive, ours] = [0, 0];
      scene.alpha.data.forEach((a, p) => {
        expect(Math.abs(alpha.data[p]! - a * 255)).toBeLessThanOrEqual(0.51);
        for (let c = 0; c < 3; c++) {
          const over = (color: number) => a * color + (1 - a) * 0.5;
          const truth = over(scene.foreground.data[p * 3 + c]!);
          naive += Math.abs(over(scene.image.data[p * 3 + c]!) - truth);
          ours += Math.abs(data[p * 3 + c]! / 255 - truth);
        }
      });
      expect(ours).toBeLessThan(naive / 3);
    },
  );

  it('says at once that a JPEG cannot be transparent, and how it can be made', async () => {
    const jpeg = join(folder, 'cut.JPG');
    const { code, notes } = await cutOut(photo, '-o', jpeg);
    expect(code).not.toBe(0);
    expect(notes).toContain("Give --background '#fff', or a name that ends in .png or .webp.");
    // No device was started for it.
    expect(notes).not.toContain('device:');
  });

  it('keeps 16 bits, and takes a 16-bit matte', async () => {
    const shorts = ({ data, ...rest }: RasterImage) => ({
      ...rest,
      data: Uint16Array.from(data, (value) => Math.round(value * 65535)),
    });
    await writeImage(photo, shorts(scene.image));
    await writeImage(matte, shorts(scene.alpha));
    expect((await readMap(matte)).data).toBeInstanceOf(Uint16Array);
    expect((await cutOut(photo, '-a', matte, '-o', out)).code).toBe(0);
    const { data } = await readImage(out, { onWarning: () => undefined });
    expect(data).toBeInstanceOf(Uint16Array);
  });

  it('refuses what cannot be cut out, and writes nothing', async () => {
    const jpeg = join(folder, 'cut.jpg');
    expect(await cutOut(photo, '-a', matte, '-o', jpeg)).toMatchObject({
      code: 1,
      notes: expect.stringContaining('ends in .png or .webp'),
    });
    await writeImage(matte, mockComposite(30, 40).alpha);
    expect(await cutOut(photo, '-a', matte, '-o', out)).toMatchObject({
      code: 1,
      notes: expect.stringContaining('The image is 40×30 and the alpha 30×40.'),
    });
    await writeFile(matte, 'no picture');
    expect((await cutOut(photo, '-a', matte, '-o', out)).code).toBe(1);
    expect((await cutOut(photo, '-a', join(folder, 'absent.png'), '-o', out)).code).toBe(1);
    expect(existsSync(out) || existsSync(jpeg)).toBe(false);
  });

  it('stops on Ctrl-C and writes nothing', async () => {
    const { code } = await command(AbortSignal.abort(), photo, '-a', matte, '-o', out);
    expect(code).toBe(130);
    expect(existsSync(out)).toBe(false);
  });
});
