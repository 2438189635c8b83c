import { expect, it } from 'vitest';
import { sha256Of } from './sha256-of';

it('is the same in one piece and in many', () => {
  const abc = new TextEncoder().encode('abc');
  const known = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
  expect([1, 2, 3, 4].map((piece) => sha256Of(abc, piece))).toEqual([known, known, known, known]);
  expect(sha256Of(new Uint8Array())).toBe(
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  );
});
