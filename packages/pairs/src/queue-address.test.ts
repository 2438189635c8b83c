import { afterEach, expect, it } from 'vitest';
import { describeUrl, PASSWORD_VARIABLE, withPassword } from './queue-connection';

afterEach(() => {
  delete process.env[PASSWORD_VARIABLE];
});

it.each([
  ...['redis://:geheim@host:notaport', 'geheim', 'http://user:geheim@host', 'redis//:geheim@h'],
  // Characters of a password that end the host.
  ...[
    'redis://:pass@s/geheim:#x%@host:6379',
    'redis:/user:geheim@host',
    'redis://user:12/geheim@h',
  ],
  ...['redis://user:12#geheim@h', 'redis://user:12?geheim@h', 'redis://:geheim@'],
  // Escapes that are none.
  ...['redis://:geheim%zz@host', 'redis://geheim%@host', 'redis://:geheim%ff@host'],
])('An address that is none is not echoed: %s', (url) => {
  expect(() => describeUrl(url)).toThrow(/is not that of a Redis/);
  expect(() => describeUrl(url)).not.toThrow(/geheim/);
});

it('The password is taken from the environment, and shown nowhere', () => {
  process.env[PASSWORD_VARIABLE] = 'a/b@c:d%';
  const url = withPassword('redis://host:6379/2');
  expect(decodeURIComponent(new URL(url).password)).toBe('a/b@c:d%');
  expect(describeUrl(url)).toBe('redis://host:6379/2');
  expect(describeUrl('rediss://me:own@host?family=6')).toBe('rediss://host');
  expect(withPassword('redis://:own@host')).toBe('redis://:own@host');
});
