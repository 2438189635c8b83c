import { expect, it } from 'vitest';
import { Uploads } from './uploads';

/** An upload that never ends by itself. */
const slow = (ended: string[], name: string) => (signal: AbortSignal) =>
  new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => {
      ended.push(name);
      reject(new Error(name));
    });
  });
const quick = async () => 'photo';

it('gives the place of the slowest of an address to the next, and then of all', async () => {
  const uploads = new Uploads(0);
  const ended: string[] = [];
  const begin = (address: string, name: string) => {
    uploads.count(address, slow(ended, name)).catch(() => undefined);
  };
  begin('b', 'b0');
  for (let i = 0; i < 8; i++) begin('a', `a${i}`);
  expect(await uploads.count('a', quick)).toBe('photo');
  expect(ended).toEqual(['a0']);
  // One of the places of `a` is free again.
  begin('a', 'a8');
  expect(ended).toEqual(['a0']);
  // 32 in all.
  for (let i = 0; i < 23; i++) begin(`c${i}`, `c${i}`);
  expect(await uploads.count('d', quick)).toBe('photo');
  expect(ended).toEqual(['a0', 'b0']);
});

it('turns the next away while all are new', async () => {
  const uploads = new Uploads(1e9);
  for (let i = 0; i < 8; i++) void uploads.count('a', slow([], ''));
  await expect(uploads.count('a', quick)).rejects.toMatchObject({ status: 503, code: 'BUSY' });
  expect(await uploads.count('b', quick)).toBe('photo');
});
