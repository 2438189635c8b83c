import type { FileHandle } from 'node:fs/promises';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { openState } from './open-state';
import type { StateEntry } from './state-file';

/** A disk with room for so many bytes; what does not fit is cut off, as systems do. */
const disk = vi.hoisted(() => ({ room: Number.POSITIVE_INFINITY }));
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  const fitting = async (text: string, write: (part: string) => Promise<void>): Promise<void> => {
    const part = text.slice(0, Math.min(disk.room, text.length));
    disk.room -= part.length;
    await write(part);
    if (part !== text) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
  };
  const open = async (...given: Parameters<typeof real.open>): Promise<FileHandle> => {
    const handle = await real.open(...given);
    const append = handle.appendFile.bind(handle);
    handle.appendFile = (text) => fitting(String(text), append);
    return handle;
  };
  const writeFile = (path: string, text: string, options: { flag: string }) =>
    fitting(text, (part) => real.writeFile(path, part, options));
  return { ...real, open, writeFile };
});

let folder: string;
let path: string;
const notes: string[] = [];
const note = (text: string) => void notes.push(text);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latent-matte-full-'));
  path = join(folder, 'state.jsonl');
  notes.length = 0;
});
afterEach(async () => {
  disk.room = Number.POSITIVE_INFINITY;
  await rm(folder, { recursive: true });
});

const entry = (task: string): StateEntry => ({
  task,
  files: '00',
  failure: { name: task, code: 'INVALID_IMAGE', message: 'a picture that cannot be read' },
});

it.each([0, 2, 40])('leaves nothing where there is room for %i bytes only', async (room) => {
  disk.room = room;
  await expect(openState(path, {}, false, note)).rejects.toThrow(/state\.jsonl: the disk is full/);
  expect(await readdir(folder)).toEqual([]);
});

it('leaves no half line behind, so that the next line, and a later run, can be read', async () => {
  const state = await openState(path, {}, false, note);
  await state.append(entry('a'));
  const before = await readFile(path, 'utf8');
  disk.room = 20;
  await expect(state.append(entry('b'))).rejects.toThrow(/state\.jsonl: the disk is full/);
  expect(await readFile(path, 'utf8')).toBe(before);
  disk.room = 1000;
  await state.append(entry('c'));
  await state.finish(false);
  const again = await openState(path, {}, true, note);
  expect(['a', 'b', 'c'].map((task) => again.find(task, '00')?.task)).toEqual([
    'a',
    undefined,
    'c',
  ]);
  await again.finish(false);
});

it.each([
  ['the first line', 40],
  ['a later one', 320],
])('goes on without a state that nobody asked for when %s finds no room', async (_, room) => {
  const before = process.cwd();
  process.chdir(folder);
  onTestFinished(() => process.chdir(before));
  disk.room = room;
  const state = await openState(undefined, {}, false, note);
  await state.append(entry('a'));
  await state.append(entry('b'));
  await state.append(entry('c'));
  expect(notes).toHaveLength(1);
  expect(notes[0]).toMatch(/^this run cannot be resumed.*the disk is full/);
  await state.finish(true);
  expect(await readdir(folder)).toEqual([]);
});
