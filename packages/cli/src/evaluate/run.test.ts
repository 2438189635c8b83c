import { existsSync } from 'node:fs';
import {
  appendFile,
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RasterImage, writeImage } from '@latent-matte/backend-node';
import { NoPersonError, toFloatImage, WeightsError } from '@latent-matte/backend-node/core';
import type { EvaluateOptions } from '@latent-matte/backend-node/evaluate';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fakeEnhancement, fakeSource, memoryTerminal } from '../testing/fake-enhancement';
import { registerLeftHalf } from '../testing/left-half';
import type { EvaluateCommandOptions } from './grammar';
import { type EvaluationDocument, evaluateCommand } from './run';

type Enhance = NonNullable<EvaluateOptions['enhance']>;

let folder: string;
const never = new AbortController().signal;
const matte = (value: (i: number) => number, size = [24, 16]): RasterImage => ({
  width: size[0]!,
  height: size[1]!,
  channels: 1,
  data: Uint8Array.from({ length: size[0]! * size[1]! }, (_, i) => value(i)),
});
const put = (kind: string, name: string, image: RasterImage) =>
  writeImage(join(folder, kind, name), image);
/** Every picture differs a little, so that rows do. */
const putPair = async (name: string, index: number) => {
  await put('image', `${name}.png`, fakeSource());
  await put(
    'alpha',
    `${name}.png`,
    matte((i) => ((i % 24) * 11 + 7 * index) % 256),
  );
};
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latent-matte-evaluate-'));
  for (const kind of ['image', 'alpha']) await mkdir(join(folder, kind));
  for (const [index, name] of ['a', 'b', 'c'].entries()) await putPair(name, index);
});
afterEach(() => rm(folder, { recursive: true }));

const enhanceFake: Enhance = async (image) => fakeEnhancement(image);
const flags = (more: Partial<EvaluateCommandOptions> = {}): EvaluateCommandOptions => ({
  data: folder,
  device: 'cpu',
  background: [],
  judgeTarget: false,
  state: join(folder, 'state.jsonl'),
  ...more,
});
const evaluate = async (
  more: Partial<EvaluateCommandOptions> = {},
  enhance: Enhance = enhanceFake,
  signal = never,
) => {
  const terminal = memoryTerminal();
  const code = await evaluateCommand(flags(more), terminal, signal, enhance);
  return { code, out: terminal.outs.join('\n'), notes: terminal.notes.join('\n') };
};
const json = async (...parameters: Parameters<typeof evaluate>): Promise<EvaluationDocument> =>
  JSON.parse(
    (await evaluate({ json: true, ...parameters[0] }, ...(parameters.slice(1) as []))).out,
  );
/** Wall-clock time is all that may differ between two runs. */
const timeless = (document: EvaluationDocument) =>
  JSON.parse(JSON.stringify(document, (key, value) => (key === 'seconds' ? 0 : value)));
/** Stops after some pictures. */
const stoppingAfter = (count: number) => {
  const controller = new AbortController();
  let done = 0;
  const enhance: Enhance = async (image) => {
    if (++done === count) controller.abort();
    return fakeEnhancement(image);
  };
  return { enhance, signal: controller.signal };
};

describe('evaluateCommand', () => {
  it('prints a table', async () => {
    const { code, out, notes } = await evaluate();
    expect(code).toBe(0);
    expect(out).toContain('portrait-matte · 3 pictures · predicted trimap');
    expect(out).toMatch(/Grad +Conn +MSE ×10³ +SAD/);
    expect(out).toMatch(/%Δ of the mean( +[−+]\d+\.\d\d %){4}/);
    expect(out).toMatch(/wins\/losses\/ties( +\d\/\d\/\d){4}/);
    expect(out).toMatch(/p \(signed rank\)( +\d\.\d{4}){4}/);
    expect(notes.split('\n').filter((line) => line.includes('to go'))).toHaveLength(3);
  });

  it('prints JSON with rows, per model, and their mean', async () => {
    const document = await json({ limit: 2, model: ['one', 'two'], seed: 3 });
    expect(document).toMatchObject({ tool: 'latent-matte', schema: 2, images: 2, complete: true });
    expect(document.evaluations.map(({ model }) => model)).toEqual(['one', 'two']);
    const [first] = document.evaluations;
    expect(first?.rows.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(Object.keys(first!.rows[0]!)).toEqual([
      'name',
      'original',
      'enhanced',
      'psnr',
      'ssim',
      'seconds',
      'bestStep',
    ]);
    const { grad } = first!.summary!.metrics;
    expect(grad.percentInterval).toHaveLength(2);
    expect(grad.signedRank.pairs).toBe(2);
    expect(document.average).toMatchObject({ models: 2, percent: { grad: grad.percent } });
  });

  it('lets other models judge what was made for one', async () => {
    registerLeftHalf('left-half');
    registerLeftHalf('left-third', { share: 1 / 3 });
    const made: Enhance = async (image) => fakeEnhancement(image);
    const document = await json({ model: ['left-half', 'left-third'], transfer: true }, made);
    const [first, second] = document.transfer!;
    expect([first!.reference, second!.reference]).toEqual(['left-half', 'left-third']);
    // A model that answers the same to every picture reads no change.
    expect(first!.cells['left-third']).toEqual({
      images: 3,
      percent: { grad: 0, conn: 0, mse: 0, sad: 0 },
      harmed: 0,
    });
    expect(first!.cells['left-half']!.percent.sad).toBeCloseTo(
      document.evaluations[0]!.summary!.metrics.sad.percent,
    );
    expect(document.evaluations[0]!.rows[0]!.judges).toHaveProperty('left-third');
    const { out } = await evaluate({ model: ['mine'], judge: ['left-half'] }, made);
    expect(out).toMatch(/made for +mine +left-half\nmine .*\+0\.0 \+0\.0 \+0\.0 \+0\.0 \(0 %\)/);
  });

  it('prints what is done when it is stopped, and keeps it', async () => {
    const { enhance, signal } = stoppingAfter(1);
    const terminal = memoryTerminal();
    await evaluateCommand(flags({ json: true }), terminal, signal, enhance);
    const document: EvaluationDocument = JSON.parse(terminal.outs.join(''));
    expect(document.complete).toBe(false);
    expect(document.evaluations[0]?.rows).toHaveLength(1);
    expect(terminal.notes.at(-1)).toContain('--resume goes on');
  });

  it('names pictures that could not be measured', async () => {
    const nobody: Enhance = () => Promise.reject(new NoPersonError('Nobody there.', 'Try again.'));
    const { code, out } = await evaluate({ limit: 1 }, nobody);
    expect(code).toBe(1);
    expect(out).toContain('not measured: a (Nobody there.');
  });

  it('refuses matting models that are not there, before any work', async () => {
    const state = join(folder, 'none.jsonl');
    await expect(
      evaluateCommand(
        flags({ model: ['compact-matting', 'mine'], state }),
        memoryTerminal(),
        never,
      ),
    ).rejects.toThrow(/no matting model called mine\. There are: compact/);
    expect(existsSync(state)).toBe(false);
  });

  it('refuses given trimaps that are not there, before any work', async () => {
    const enhance = vi.fn(enhanceFake);
    await expect(evaluate({ trimapSource: 'given' }, enhance)).rejects.toThrow(
      /no trimap for a, b, c\. Add trimap/,
    );
    expect(enhance).not.toHaveBeenCalled();
  });
});

describe('resuming', () => {
  it('goes on after Ctrl-C with the very same result', async () => {
    const whole = await json({ state: join(folder, 'other.jsonl') });
    const { enhance, signal } = stoppingAfter(2);
    await evaluate({}, enhance, signal);
    const rest = vi.fn(enhanceFake);
    const resumed = await json({ resume: true }, rest);
    expect(rest).toHaveBeenCalledTimes(1);
    expect(timeless(resumed)).toEqual(timeless(whole));
    // Once more: nothing is left to do, and the result is still the same, an infinite PSNR included.
    const again = await json({ resume: true }, rest);
    expect(rest).toHaveBeenCalledTimes(1);
    expect(timeless(again)).toEqual(timeless(whole));
  });

  it('brings an infinite PSNR back', async () => {
    const unchanged: Enhance = async (image) => ({
      ...fakeEnhancement(image),
      portrait: toFloatImage(image),
    });
    const first = await json({}, unchanged);
    expect(first.evaluations[0]!.summary!.psnr).toBeNull();
    const resumed = await json({ resume: true }, unchanged);
    expect(resumed.evaluations[0]!.summary!.unchanged).toBe(3);
  });

  it('measures more pictures and models on top', async () => {
    await evaluate({ limit: 1 });
    const enhance = vi.fn(enhanceFake);
    await evaluate({ resume: true, model: ['portrait-matte', 'other'] }, enhance);
    expect(enhance).toHaveBeenCalledTimes(5);
  });

  it('refuses other settings and says which', async () => {
    await evaluate({ steps: 20 });
    await expect(evaluate({ resume: true, steps: 5, weights: { entropy: 1 } })).rejects.toThrow(
      /state\.jsonl was made with other settings: steps was 20, is 5; weights\.entropy was absent, is 1\./,
    );
    // The state is as it was.
    const enhance = vi.fn(enhanceFake);
    await evaluate({ resume: true, steps: 20 }, enhance);
    expect(enhance).not.toHaveBeenCalled();
  });

  it('measures a picture again whose files have changed', async () => {
    await evaluate();
    await putPair('b', 9);
    const enhance = vi.fn(enhanceFake);
    const changed = await json({ resume: true }, enhance);
    expect(enhance).toHaveBeenCalledTimes(1);
    expect(timeless(changed)).toEqual(timeless(await json({ state: join(folder, 'x.jsonl') })));
  });

  it('survives half a line, and names a damaged one', async () => {
    const state = join(folder, 'state.jsonl');
    await evaluate();
    const lines = (await readFile(state, 'utf8')).split('\n');
    await writeFile(state, `${lines.slice(0, 3).join('\n')}\n${lines[3]!.slice(0, 40)}`);
    const enhance = vi.fn(enhanceFake);
    await evaluate({ resume: true }, enhance);
    expect(enhance).toHaveBeenCalledTimes(1);
    expect((await readFile(state, 'utf8')).split('\n')).toHaveLength(5);
    await writeFile(state, `${[lines[0], '{"task":1}', ...lines.slice(2)].join('\n')}`);
    await expect(evaluate({ resume: true })).rejects.toThrow(/Line 2 of .*state.jsonl is damaged/);
  });

  it('names a row without what the tables need', async () => {
    const state = join(folder, 'state.jsonl');
    await evaluate();
    const lines = (await readFile(state, 'utf8')).split('\n');
    const entry = JSON.parse(lines[1]!);
    for (const name of ['psnr', 'ssim', 'seconds', 'bestStep']) {
      const { [name]: _, ...row } = entry.row;
      const damaged = [lines[0], JSON.stringify({ ...entry, row }), ...lines.slice(2)];
      await writeFile(state, damaged.join('\n'));
      await expect(evaluate({ resume: true })).rejects.toMatchObject({
        code: 'INVALID_OPTION',
        message: expect.stringMatching(/Line 2 of .*state.jsonl is damaged/),
      });
    }
  });

  it('starts where a run was killed before its first line was written', async () => {
    const state = join(folder, 'state.jsonl');
    for (const text of [
      '',
      '{"tool":"laten',
      '{"tool":"latent-matte","kind":"evaluation-state","sch',
    ]) {
      for (const resume of [true, undefined]) {
        await writeFile(state, text);
        const enhance = vi.fn(enhanceFake);
        await evaluate({ ...(resume && { resume }) }, enhance);
        expect(enhance).toHaveBeenCalledTimes(3);
        expect((await readFile(state, 'utf8')).split('\n')).toHaveLength(5);
      }
    }
  });

  it('keeps an earlier run, and refuses a file that is none', async () => {
    await evaluate({ steps: 3 });
    const { notes } = await evaluate();
    expect(notes).toContain('state.jsonl.old; --resume would have gone on');
    expect(await readFile(join(folder, 'state.jsonl.old'), 'utf8')).toContain('"steps":3');
    const note = join(folder, 'note.txt');
    await appendFile(note, 'precious\n');
    for (const resume of [true, undefined]) {
      await expect(evaluate({ state: note, ...(resume && { resume }) })).rejects.toThrow(
        /is not the state of an evaluation/,
      );
    }
    expect(await readFile(note, 'utf8')).toBe('precious\n');
  });

  it('keeps two runs from writing one state, and takes over from one that crashed', async () => {
    const lock = join(folder, 'state.jsonl.lock');
    await writeFile(lock, String(process.pid));
    await expect(evaluate()).rejects.toThrow(/being written by another run \(process \d+\)/);
    // No process has this number.
    await writeFile(lock, String(2 ** 30));
    expect((await evaluate()).code).toBe(0);
    expect(existsSync(lock)).toBe(false);
  });

  it('tries a picture again that could not be read', async () => {
    const path = join(folder, 'image', 'b.png');
    const content = await readFile(path);
    await rm(path);
    await symlink(join(folder, 'gone.png'), path);
    const first = await json();
    expect(first.evaluations[0]!.failures).toMatchObject([{ name: 'b', code: 'INVALID_IMAGE' }]);
    expect(first.evaluations[0]!.rows.map(({ name }) => name)).toEqual(['a', 'c']);
    await writeFile(join(folder, 'gone.png'), content);
    const second = await json({ resume: true });
    expect(second.evaluations[0]!.rows.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
  });
});

describe('bad input', () => {
  it('loses only the pictures that are bad', async () => {
    await putPair('d', 3);
    await put(
      'alpha',
      'a.png',
      matte((i) => i % 256, [12, 16]),
    );
    await put(
      'alpha',
      'b.png',
      matte(() => 0),
    );
    await put(
      'alpha',
      'c.png',
      matte(() => 255),
    );
    await putPair('e', 4);
    await writeFile(join(folder, 'image', 'e.png'), 'no picture');
    await putPair('f', 5);
    const bytes = await readFile(join(folder, 'alpha', 'f.png'));
    await writeFile(join(folder, 'alpha', 'f.png'), bytes.subarray(0, bytes.length / 2));
    await mkdir(join(folder, 'image', 'g.png'));
    await put(
      'alpha',
      'g.png',
      matte((i) => i % 256),
    );
    const [evaluation] = (await json()).evaluations;
    expect(evaluation!.rows.map(({ name }) => name)).toEqual(['d']);
    expect(evaluation!.failures.map(({ name, code }) => [name, code])).toEqual([
      ['a', 'DATASET'],
      ['b', 'DATASET'],
      ['c', 'DATASET'],
      ['e', 'INVALID_IMAGE'],
      ['f', 'INVALID_IMAGE'],
      ['g', 'INVALID_IMAGE'],
    ]);
  });

  it('measures 16-bit and paletted mattes like 8-bit ones', async () => {
    const row = async (state: string) =>
      (await json({ limit: 1, state: join(folder, state) })).evaluations[0]!.rows[0]!;
    const plain = await row('1');
    const eight = matte((i) => ((i % 24) * 11) % 256);
    const deep = Uint16Array.from(eight.data, (value) => value * 257);
    await put('alpha', 'a.png', { ...eight, data: deep });
    expect((await row('2')).original).toEqual(plain.original);
    await writeFile(join(folder, 'alpha', 'a.png'), Buffer.from(PALETTED, 'base64'));
    expect((await row('3')).original).toEqual(plain.original);
  });

  it('takes odd names and follows symbolic links', async () => {
    const odd = 'é \u001b[31m<b>"x"&';
    await putPair('plain', 1);
    for (const kind of ['image', 'alpha']) {
      await symlink(join(folder, kind, 'plain.png'), join(folder, kind, `${odd}.png`));
    }
    const html = join(folder, 'report.html');
    const { notes } = await evaluate({ html });
    expect(notes).not.toContain('\u001b');
    const page = await readFile(html, 'utf8');
    expect(page).toContain('&lt;b&gt;&quot;x&quot;&amp;');
    expect(page).not.toContain('<b>"x"');
  });

  it('ends at an error of all pictures and keeps what is done', async () => {
    let seen = 0;
    const failing: Enhance = async (image) => {
      if (++seen === 2) throw new WeightsError('Bad.', 'Mend.');
      return fakeEnhancement(image);
    };
    await expect(evaluate({}, failing)).rejects.toBeInstanceOf(WeightsError);
    const rest = vi.fn(enhanceFake);
    await evaluate({ resume: true }, rest);
    expect(rest).toHaveBeenCalledTimes(2);
  });

  it.skipIf(process.getuid?.() === 0)('refuses a folder it may not write to', async () => {
    const locked = join(folder, 'locked');
    await mkdir(locked);
    await chmod(locked, 0o500);
    const enhance = vi.fn(enhanceFake);
    await expect(
      evaluate({ html: join(locked, 'x.html'), state: undefined }, enhance),
    ).rejects.toMatchObject({ code: 'OUTPUT' });
    expect(enhance).not.toHaveBeenCalled();
  });

  it('refuses an output that cannot be, before any work', async () => {
    const enhance = vi.fn(enhanceFake);
    for (const html of [
      join(folder, 'no', 'where.html'),
      join(folder, 'image', 'a.png', 'x.html'),
    ]) {
      await expect(
        evaluateCommand(
          { ...flags(), state: undefined, html } as EvaluateCommandOptions,
          memoryTerminal(),
          never,
          enhance,
        ),
      ).rejects.toMatchObject({ code: 'OUTPUT' });
    }
    expect(enhance).not.toHaveBeenCalled();
  });
});

describe('several at a time', () => {
  it('gives the same result as one after the other', async () => {
    for (const [index, name] of ['d', 'e', 'f'].entries()) await putPair(name, index + 3);
    const alone = await json({ state: join(folder, '1.jsonl') });
    // Three pictures meet here, and leave in reverse order.
    let meeting: (() => void)[] = [];
    const overlapping: Enhance = async (image) => {
      await new Promise<void>((leave) => {
        meeting.unshift(leave);
        if (meeting.length < 3) return;
        for (const release of meeting) release();
        meeting = [];
      });
      return fakeEnhancement(image);
    };
    const together = await json({ workers: 3, state: join(folder, '2.jsonl') }, overlapping);
    expect(timeless(together)).toEqual(timeless(alone));
  });
});

describe('the report', () => {
  it('shows the tables, the plots, and the best, median and worst case', async () => {
    const html = join(folder, 'report.html');
    await writeFile(join(folder, 'tags.json'), '{ "profile": ["c"] }');
    await putPair('d', 3);
    const options = { html, state: join(folder, 'r.jsonl') };
    await evaluate({ ...options, ablate: ['losses'] });
    const page = await readFile(html, 'utf8');
    for (const text of [
      'Wilcoxon',
      'best: ',
      'median: ',
      'worst: ',
      'tagged &quot;profile&quot; (1)',
    ]) {
      expect(page).toContain(text);
    }
    expect(page.match(/<svg/g)).toHaveLength(8);
    // Eight pictures for each of three cases, all inline; nothing else is loaded.
    expect(page.match(/<img [^>]*src="data:image\//g)).toHaveLength(24);
    expect(page).not.toMatch(/(src|href)="(?!data:)/);
    expect(page).toContain('without agreement');
    // After --resume the same bytes, pictures included.
    await evaluate({ ...options, ablate: ['losses'], resume: true });
    expect(await readFile(html, 'utf8')).toBe(page);
    const cases = join(folder, 'r.jsonl.pictures');
    // Damaged pictures of a case are left out of the page, and said.
    for (const [i, name] of (await readdir(cases)).entries()) {
      await writeFile(join(cases, name), ['', '{"width":3', '[]', 'null'][i % 4]!);
    }
    const { notes } = await evaluate({ ...options, ablate: ['losses'], resume: true });
    expect(notes).toMatch(/r\.jsonl\.pictures\/[0-9a-f]+\.json is damaged/);
    expect(await readFile(html, 'utf8')).not.toContain('<img');
  });
});

describe('--ablate', () => {
  it('runs each variant with its change and says what is left out', async () => {
    const enhance = vi.fn(enhanceFake);
    const groups = ['losses', 'weights', 'foreground', 'latents'] as const;
    const document = await json({ limit: 1, ablate: groups }, enhance);
    const variants = document.ablation!;
    const run = variants.filter(({ skipped }) => skipped === undefined);
    expect(run.map(({ id }) => id)).toEqual([
      'without-consistency',
      'without-agreement',
      'consistency-x0.1',
      'consistency-x10',
      'agreement-x0.1',
      'agreement-x10',
    ]);
    const weights = enhance.mock.calls.map(([, options]) => options.advanced?.weights);
    expect(weights).toEqual([
      undefined,
      { consistency: 0 },
      { agreement: 0 },
      { consistency: 0.1 },
      { consistency: 10 },
      { agreement: 0.1 },
      { agreement: 10 },
    ]);
    expect(variants.find(({ id }) => id === 'latents-styles')).toMatchObject({
      skipped: '"layered" has only noise',
      evaluations: [],
    });
    expect(variants.find(({ group }) => group === 'foreground')!.skipped).toContain('off');
    const { out } = await evaluate({ limit: 1, ablate: ['latents'] });
    expect(out).toMatch(/W\+ alone +left out: "layered" has only noise/);
  });
});

it('leaves no state behind where nobody asked for one', async () => {
  const before = await readdir(process.cwd());
  await evaluateCommand(
    { ...flags({ limit: 1 }), state: undefined } as EvaluateCommandOptions,
    memoryTerminal(),
    never,
    enhanceFake,
  );
  expect(await readdir(process.cwd())).toEqual(before);
});

/** A 24 × 16 PNG of colour type 3 with the same values as the matte of "a". */
const PALETTED =
  'iVBORw0KGgoAAAANSUhEUgAAABgAAAAQCAMAAAA7+k+nAAAASFBMVEUAAAALCwsWFhYhISEsLCw3NzdCQkJNTU1YWFhjY2Nubm55eXmEhISPj4+ampqlpaWwsLC7u7vGxsbR0dHc3Nzn5+fy8vL9/f3Nj++7AAAAJklEQVR42mNgYGRiZmFlY+fg5OLm4eXjFxAUEhYRFRNnGJUYCAkANHMRQZTvjuIAAAAASUVORK5CYII=';
