import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { writeWhole } from './write-whole';

/** A disk with room for so many bytes; the system writes what fits, and at most four at a time. */
const disk = vi.hoisted(() => ({ room: 0 }));
vi.mock('node:fs', async (original) => {
  const real = await original<typeof import('node:fs')>();
  const writeSync = (descriptor: number, bytes: Uint8Array): number => {
    const fits = Math.min(disk.room, bytes.length, 4);
    if (fits === 0) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
    disk.room -= fits;
    return real.writeSync(descriptor, bytes, 0, fits);
  };
  return { ...real, writeSync };
});

type Stream = NodeJS.WriteStream & { readonly fd: number };

let folder: string;
let path: string;
let descriptor: number;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latent-matte-whole-'));
  path = join(folder, 'out');
  descriptor = openSync(path, 'w');
});
afterEach(() => {
  closeSync(descriptor);
  rmSync(folder, { recursive: true });
});

function streamOf(fd: number) {
  const errors: string[] = [];
  const written: string[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      written.push(String(chunk));
      done();
    },
  });
  stream.on('error', (error: NodeJS.ErrnoException) => errors.push(error.code!));
  return { stream: Object.assign(stream, { fd }) as unknown as Stream, errors, written };
}

it.each(['größer\n', Buffer.from('größer\n')])(
  'writes %j to a file in as many parts as it takes',
  (content) => {
    const { stream, errors } = streamOf(descriptor);
    disk.room = 100;
    writeWhole(stream, content);
    expect(readFileSync(path, 'utf8')).toBe('größer\n');
    expect(errors).toEqual([]);
  },
);

it('says so when only a part of it found room', () => {
  const { stream, errors } = streamOf(descriptor);
  disk.room = 6;
  writeWhole(stream, '0123456789');
  expect(errors).toEqual(['ENOSPC']);
});

it.each([-1, openSync('/dev/null', 'w')])('leaves what is no file to the stream (%i)', (fd) => {
  const { stream, written } = streamOf(fd);
  writeWhole(stream, 'line\n');
  expect(written).toEqual(['line\n']);
});
