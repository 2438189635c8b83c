import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { describe, expect, it } from 'vitest';
import type { LongCall } from '../../contracts';
import { InvalidOptionError } from '../../errors';
import { mockMattingModel } from '../../testing/mock-models';
import { isPlainCall } from './plain-values';
import { splitCall } from './split-call';

const picture = { width: 1, height: 1, channels: 3, data: new Uint8Array([1, 2, 3]) } as const;
const enhance = (options: object): LongCall => ({
  name: 'enhancePortrait',
  arguments: [picture, options],
});

describe('splitCall', () => {
  it('separates data from what stays', () => {
    const { signal } = new AbortController();
    const onProgress = (): void => undefined;
    const call = enhance({
      reference: 'compact',
      steps: 3,
      backgrounds: [picture],
      signal,
      onProgress,
      inversion: { steps: 1, onProgress },
    });
    const split = splitCall(call, 'Use setup.');
    expect(split.plain).toEqual({
      name: 'enhancePortrait',
      arguments: [
        picture,
        { reference: 'compact', steps: 3, backgrounds: [picture], inversion: { steps: 1 } },
      ],
      listeners: ['onProgress', 'inversion.onProgress'],
      pulls: false,
    });
    expect(structuredClone(split.plain)).toEqual(split.plain);
    expect(split.signal).toBe(signal);
    expect(split.listeners.get('inversion.onProgress')).toBe(onProgress);
    expect(isPlainCall(call)).toBe(true);
  });

  it('copies just the pixels, whatever buffer they lie in', () => {
    const pool = Buffer.alloc(1000, 7);
    const image = { ...picture, data: pool.subarray(10, 13) };
    const { plain } = splitCall({ name: 'refineMatte', arguments: [image, {}] }, '');
    const { data } = plain.arguments[0] as typeof picture;
    expect(data).toEqual(new Uint8Array([7, 7, 7]));
    expect(data.buffer.byteLength).toBe(3);
    expect(data.buffer).not.toBe(pool.buffer);
  });

  it('leaves a stream of pictures behind', () => {
    const call: LongCall = {
      name: 'labelPortraits',
      arguments: [{ portraits: [picture], seed: 1 }],
    };
    const { plain, source } = splitCall(call, '');
    expect(plain).toMatchObject({ arguments: [{ seed: 1 }], pulls: true });
    expect(source!.next()).toEqual({ done: false, value: picture });
    expect(isPlainCall(call)).toBe(true);
    async function* stream() {
      yield picture;
    }
    expect(isPlainCall({ ...call, arguments: [{ portraits: stream() }] })).toBe(false);
  });

  it('refuses models, tensors and functions, and says what to do', () => {
    const model = mockMattingModel();
    const tensor = tf.scalar(1);
    const cases: [options: object, message: RegExp][] = [
      [{ reference: model }, /reference is a model of this thread.*Use setup/],
      [{ references: ['compact', model] }, /references\.1 is a model of this thread.*Use setup/],
      [{ start: model }, /start is a model of this thread/],
      [{ generator: () => undefined }, /generator is a function.*Use setup/],
      [{ weights: { entropy: () => 1 } }, /weights\.entropy is a function/],
      [{ latents: { styles: tensor, noise: [] } }, /latents\.styles is a tensor.*latentData/],
      [{ seed: new Map() }, /seed is an object of this thread/],
    ];
    for (const [options, message] of cases) {
      expect(() => splitCall(enhance(options), 'Use setup.')).toThrow(message);
      expect(() => splitCall(enhance(options), 'Use setup.')).toThrow(InvalidOptionError);
      expect(isPlainCall(enhance(options))).toBe(false);
    }
    model.dispose();
    tensor.dispose();
  });
});
