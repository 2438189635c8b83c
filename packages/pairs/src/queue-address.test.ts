import { afterEach, expect, it } from 'vitest';
import { describeUrl, PASSWORD_VARIABLE, withPassword } from './queue';

afterEach(() => {
  delete process.env[PASSWORD_VARIABLE];
});

it.each(['redis://:geheim@host:notaport', 'geheim', 'http://user:geheim@host', 'redis//:geheim@h'])(
  'An address that is none is not echoed: %s',
  (url) => {
    expect(() => describeUrl(url)).toThrow(/is not that of a Redis/);
    expect(() => describeUrl(url)).not.toThrow(/geheim/);
  },
);

it('The password is taken from the environment, and shown nowhere', () => {
  process.env[PASSWORD_VARIABLE] = 'a/b@c:d%';
  const url = withPassword('redis://host:6379/2');
  expect(decodeURIComponent(new URL(url).password)).toBe('a/b@c:d%');
  expect(describeUrl(url)).toBe('redis://host:6379/2');
  expect(withPassword('redis://:own@host')).toBe('redis://:own@host');
});
