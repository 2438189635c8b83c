import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { setNativeEnvironment } from './native-environment';

beforeEach(() => {
  vi.stubEnv('TF_ENABLE_ONEDNN_OPTS', undefined);
  vi.stubEnv('TF_CPP_MIN_LOG_LEVEL', undefined);
});
afterEach(() => vi.unstubAllEnvs());

const variables = () => [process.env.TF_ENABLE_ONEDNN_OPTS, process.env.TF_CPP_MIN_LOG_LEVEL];

it('oneDNN is left out where the caches of the processor are unknown, by which it divides', () => {
  setNativeEnvironment(false);
  expect(variables()).toEqual([undefined, '3']);
  setNativeEnvironment(true);
  expect(variables()).toEqual(['0', '3']);
});

it('What was set stays', () => {
  vi.stubEnv('TF_ENABLE_ONEDNN_OPTS', '1');
  vi.stubEnv('TF_CPP_MIN_LOG_LEVEL', '0');
  setNativeEnvironment(true);
  expect(variables()).toEqual(['1', '0']);
});
