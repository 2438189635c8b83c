import { Writable } from 'node:stream';
import { expect, it } from 'vitest';
import { guardStream } from './guard-stream';

/** As `process.stdout`: not destroyed by an error, so that each write fails again. */
function failing(code: string): Writable {
  return new Writable({
    autoDestroy: false,
    write: (_chunk, _encoding, done) => done(Object.assign(new Error(code), { code })),
  });
}

it.each([
  ['EPIPE', []],
  ['ENOSPC', ['ENOSPC']],
])('%s on each write ends nothing and is told %j', async (code, expected) => {
  const stream = failing(code);
  const lost: (string | undefined)[] = [];
  guardStream(stream, (error) => lost.push(error.code));
  for (let line = 0; line < 3; line++) {
    stream.write('line\n');
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(stream.errored).not.toBeNull();
  expect(lost).toEqual(expected);
});
