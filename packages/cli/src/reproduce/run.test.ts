import {
  appendFile,
  copyFile,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readImage, writeImage } from '@latent-matte/backend-node';
import { officialMatte } from '@latent-matte/backend-node/evaluate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../run';
import { memoryTerminal } from '../testing/fake-enhancement';
import { officialLatents, SMALL_SIDE, writeOfficialFiles } from '../testing/official-files';
import { findCheckpoints } from './checkpoint-files';
import type { ReproduceCommandOptions } from './grammar';
import { measureProtocol } from './measure';
import { listOfficialPictures, readOfficialLatents } from './official-data';
import type { PictureResult } from './picture-result';
import { sideBySide } from './pictures';
import { estimateOf, reproduceCommand } from './run';
import { formatTable, meansOf } from './table';

let folder: string;
const at = (...parts: string[]) => join(folder, ...parts);
const never = new AbortController().signal;
const WIDTH = 45;
const HEIGHT = 60;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latent-matte-reproduce-'));
  await writeOfficialFiles(at('authors'));
  for (const kind of ['image', 'matte', 'trimap', 'param']) {
    await mkdir(at('data', kind), { recursive: true });
  }
  // Constant noise sides of a StyleGAN2 of 64²: 4, 8, 8, 16, 16, 32, 32, 64, 64.
  const sides = [4, 8, 8, 16, 16, 32, 32, SMALL_SIDE, SMALL_SIDE];
  await writeFile(at('data', 'param', 'a.pt'), officialLatents(10, 16, sides));
  for (const name of ['a', 'b']) {
    await writeImage(
      at('data', 'image', `${name}.png`),
      picture(3, (x, y) => disc(x, y) * 0.5 + 0.2),
    );
    await writeImage(at('data', 'matte', `${name}.png`), picture(1, disc));
    await writeImage(
      at('data', 'trimap', `${name}.png`),
      picture(1, (x, y) => (Math.abs(distance(x, y) - 15) < 5 ? 128 / 255 : disc(x, y))),
    );
  }
});
afterAll(() => rm(folder, { recursive: true }));

const distance = (x: number, y: number) => Math.hypot(x - WIDTH / 2, y - HEIGHT / 2);
const disc = (x: number, y: number) => Math.min(1, Math.max(0, 15.5 - distance(x, y)));

function picture(channels: 1 | 3, value: (x: number, y: number) => number) {
  const data = Float32Array.from({ length: WIDTH * HEIGHT * channels }, (_, i) => {
    const pixel = Math.floor(i / channels);
    const shade = value(pixel % WIDTH, Math.floor(pixel / WIDTH));
    return channels === 3 ? shade + 0.1 * (i % 3) : shade;
  });
  return { width: WIDTH, height: HEIGHT, channels, data };
}

async function reproduce(options: Partial<ReproduceCommandOptions> = {}) {
  const terminal = memoryTerminal();
  const code = await reproduceCommand(
    {
      checkpoints: at('authors'),
      data: at('data'),
      out: at('out'),
      device: 'wasm',
      seed: 1,
      steps: 2,
      inversionSteps: 3,
      ...options,
    },
    terminal,
    never,
    { networkSize: [96, 64], perceptualSize: 32 },
  );
  return { code, out: terminal.outs.join('\n'), notes: terminal.notes.join('\n') };
}

describe('reproduce', () => {
  it("runs the authors' files from end to end, once", async () => {
    const first = await reproduce();
    expect(first.code, first.notes).toBe(0);
    expect(first.notes).toContain('found stylegan2-ffhq-config-f.pt');
    expect(first.notes).toContain('converting deeplab_model_best.pth.tar (trimap)');
    expect(first.notes).toMatch(/about .* in all: search 2 × .*, inversion 3 steps/);
    expect(first.out).toContain('wrap around');
    expect(first.out).toContain('figures from the paper');
    for (const name of ['a', 'b']) {
      expect(await readdir(at('out', name))).toEqual(
        expect.arrayContaining([
          ...['portrait', 'alpha', 'alpha-before', 'trimap', 'side-by-side', 'foreground'].map(
            (file) => `${file}.png`,
          ),
          'result.json',
        ]),
      );
      expect(await readdir(at('out', name, 'steps'))).toEqual(['000.png', '002.png']);
      const { width, height } = await readImage(at('out', name, 'portrait.png'));
      expect([width, height]).toEqual([WIDTH, HEIGHT]);
    }
    const read = async (name: string) =>
      JSON.parse(await readFile(at('out', name, 'result.json'), 'utf8')) as PictureResult;
    const [a, b] = [await read('a'), await read('b')];
    expect(a.latents).toBe('param/a');
    expect(b.latents).toMatch(/^inverted to .* dB$/);
    expect(a.losses.map(({ step }) => step)).toEqual([0, 1, 2]);
    for (const name of ['entropy', 'compositional', 'consistency', 'perceptual'] as const) {
      expect(a.losses[0]!.losses[name]).toBeGreaterThan(0);
    }
    // What is written is what was measured.
    const truth = await readImage(at('data', 'matte', 'a.png'));
    const written = await readImage(at('out', 'a', 'alpha.png'));
    const grey = (image: typeof truth) => ({
      ...image,
      channels: 1 as const,
      data: Float32Array.from(
        { length: WIDTH * HEIGHT },
        (_, i) => image.data[i * image.channels]! / 255,
      ),
    });
    const again = measureProtocol(grey(written), grey(truth), undefined);
    expect(again.plain.sad).toBeCloseTo(a.enhanced.plain.sad, 2);

    const before = await stat(at('out', 'a', 'result.json'));
    const second = await reproduce();
    expect(second.code).toBe(0);
    expect(second.notes).toContain('2 pictures, 2 done before');
    expect(second.notes).not.toContain('converting');
    expect(second.out).toBe(first.out);
    expect((await stat(at('out', 'a', 'result.json'))).mtimeMs).toBe(before.mtimeMs);
  }, 600_000);

  it('makes anew what another photograph, truth or checkpoint decides, and no more', async () => {
    for (const kind of ['image', 'matte', 'trimap']) {
      await mkdir(at('changing', kind), { recursive: true });
      await copyFile(at('data', kind, 'b.png'), at('changing', kind, 'b.png'));
    }
    const once = async (options: Partial<ReproduceCommandOptions> = {}) => {
      const { code, notes } = await reproduce({
        ...{ data: at('changing'), out: at('changed'), steps: 1, inversionSteps: 2 },
        ...options,
      });
      expect(code, notes).toBe(0);
      return { done: notes.includes('1 done before'), inverted: notes.includes('b: inversion') };
    };
    expect(await once()).toEqual({ done: false, inverted: true });
    expect(await once()).toEqual({ done: true, inverted: false });
    const darker = picture(1, (x, y) => disc(x, y) * 0.9);
    await writeImage(at('changing', 'matte', 'b.png'), darker);
    expect(await once()).toEqual({ done: false, inverted: false });
    await writeImage(at('changing', 'image', 'b.png'), picture(3, disc));
    expect(await once()).toEqual({ done: false, inverted: true });
    const others = at('other-authors');
    await cp(at('authors'), others, { recursive: true });
    const [name] = (await readdir(others, { recursive: true })).filter((file) =>
      file.endsWith('stylegan2-ffhq-config-f.pt'),
    );
    await appendFile(join(others, name!), ' ');
    expect(await once({ checkpoints: others })).toEqual({ done: false, inverted: true });
  }, 600_000);

  it('says how long it takes and stops there when asked, with what is converted kept', async () => {
    const { code, notes, out } = await reproduce({ estimate: true, limit: 1, steps: 5 });
    expect(code).toBe(0);
    expect(notes).toContain('1 picture, 0 done before');
    expect(notes).toMatch(/about \d+.* in all: search 5 ×/);
    expect(out).toBe('');
  }, 600_000);

  it('names what is missing, and where it comes from', async () => {
    const terminal = memoryTerminal();
    const code = await run(
      ['reproduce', '--checkpoints', at('data'), '--data', at('data'), '--out', at('x')],
      terminal,
      never,
    );
    expect(code).toBe(1);
    expect(terminal.notes.join('\n')).toMatch(/lacks stylegan2-ffhq-config-f\.pt, .*none of them/);
    expect(terminal.notes.join('\n')).toContain('download.pytorch.org');
    await expect(findCheckpoints(at('nowhere'))).rejects.toThrow('There is no folder');
  });

  it('reads their inversion, and refuses what is none', async () => {
    const { styles, noise } = await readOfficialLatents(at('data', 'param', 'a.pt'));
    expect(styles.shape).toEqual([10, 16]);
    expect(styles.data[5]).toBeCloseTo(Math.sin(6), 6);
    expect(noise.map(({ shape }) => shape[0])).toEqual([4, 8, 8, 16, 16, 32, 32, 64, 64]);
    expect(noise[0]!.shape).toEqual([4, 4, 1]);
    await expect(readOfficialLatents(at('authors', 'vgg16-397923af.pth'))).rejects.toThrow(
      'no latent_in',
    );
    const pictures = await listOfficialPictures(at('data'));
    expect(pictures.map(({ latents }) => latents !== undefined)).toEqual([true, false]);
  });

  it('finds the files of a picture whose name repeats those of folders', async () => {
    for (const kind of ['image', 'matte', 'param']) {
      await mkdir(at('named', kind), { recursive: true });
    }
    const name = 'image.param.pt';
    for (const kind of ['image', 'matte']) {
      await copyFile(at('data', kind, 'a.png'), at('named', kind, `${name}.png`));
    }
    await copyFile(at('data', 'param', 'a.pt'), at('named', 'param', `${name}.pt`));
    expect(await listOfficialPictures(at('named'))).toEqual([
      {
        name,
        image: at('named', 'image', `${name}.png`),
        matte: at('named', 'matte', `${name}.png`),
        latents: at('named', 'param', `${name}.pt`),
      },
    ]);
  });
});

describe('the table', () => {
  const truth = picture(1, disc);
  const errors = (alpha: typeof truth) => measureProtocol(alpha, toBytes(truth), undefined);
  const toBytes = (image: typeof truth) => officialMatte(image, [HEIGHT, WIDTH]);
  const lower = { ...truth, data: truth.data.map((value) => Math.max(0, value - 1.2 / 255)) };

  it('shows the wrap-around beside the right values', () => {
    const { asRun, plain } = errors(lower);
    // One grey level too low counts as wrong altogether.
    expect(asRun.sad).toBeGreaterThan(100 * plain.sad);
    expect(asRun.grad).toBe(plain.grad);
    const result = {
      name: 'x',
      original: errors(lower),
      enhanced: errors(truth),
    } as unknown as PictureResult;
    const [first] = meansOf([result, result]);
    expect(first).toMatchObject({ reading: 'asRun', pictures: 2, original: { sad: asRun.sad } });
    const text = formatTable([result]);
    expect(text).toContain('the right values in their protocol');
    expect(text).toContain('-100.0 %');
    for (const table of ['I', 'III', 'IV'])
      expect(text).toMatch(new RegExp(`\\n  Table ${table} +\\S`));
    expect(text).toContain('Conn 23.274, enhanced 21.953 (printed as 1.981 and 8.51 % lower');
  });

  it('estimates from single steps', () => {
    const seconds = { search: 2, styles: 1, noise: 0.5 };
    const steps = { steps: 499, inversionSteps: 80 };
    expect(estimateOf(seconds, 2, 1, steps)).toContain('about 34 min 25 s in all');
  });

  it('puts pictures of any size beside the first', () => {
    const { width, height, data } = sideBySide([
      { width: 2, height: 1, channels: 1, data: Uint8Array.of(0, 255) },
      { width: 1, height: 2, channels: 3, data: Uint8Array.of(255, 0, 0, 0, 255, 0) },
    ]);
    expect([width, height]).toEqual([4, 1]);
    expect([...data]).toEqual([0, 0, 0, 1, 1, 1, 1, 0, 0, 1, 0, 0]);
  });
});
