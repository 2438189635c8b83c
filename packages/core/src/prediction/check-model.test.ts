import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { MattingModel } from '../contracts';
import { InvalidOptionError } from '../errors';
import { mockGenerator, mockMattingModel, mockTrimapModel } from '../testing';
import { checkModel } from './check-model';

const without = (key: keyof MattingModel) => {
  const { [key]: _, ...rest } = mockMattingModel();
  return rest as unknown as MattingModel;
};
const messageOf = (check: () => unknown): string => {
  try {
    check();
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidOptionError);
    return (error as Error).message;
  }
  return '';
};

describe('checkModel', () => {
  it('lets models pass as they are', () => {
    const image = tf.zeros<tf.Rank.R4>([1, 32, 32, 3]);
    for (const [kind, model] of [
      ['matting model', mockMattingModel()],
      ['trimap model', mockTrimapModel()],
      ['generator', mockGenerator({ image })],
    ] as const) {
      expect(checkModel(kind as 'matting model', model as unknown as MattingModel)).toBe(model);
    }
    image.dispose();
  });

  it.each(['needsTrimap', 'differentiable', 'input', 'alpha', 'dispose', 'name'] as const)(
    'says that %s is missing',
    (key) => {
      const message = messageOf(() => checkModel('matting model', without(key)));
      expect(message).toContain(`is no matting model: ${key} is missing (`);
      expect(message).toContain('A matting model has specVersion, name, needsTrimap');
    },
  );

  it('names everything that is wrong, of whatever was given', () => {
    const wrong = { ...mockMattingModel(), input: { multipleOf: 1, min: 64, max: 32 }, alpha: 1 };
    const message = messageOf(() => checkModel('matting model', wrong as unknown as MattingModel));
    expect(message).toMatch(/input is not \{ multipleOf, min, max \}.*, alpha is not a function/);
    for (const value of [{}, null, 5, []]) {
      const told = messageOf(() => checkModel('matting model', value as unknown as MattingModel));
      expect(told).toMatch(/^What was given is no matting model: specVersion is missing/);
    }
    const trimap = mockTrimapModel() as unknown as MattingModel;
    expect(messageOf(() => checkModel('matting model', trimap))).toMatch(/alpha is missing/);
  });

  it('says so when a model was made for another version', () => {
    const later = { ...mockMattingModel(), specVersion: 2 } as unknown as MattingModel;
    expect(messageOf(() => checkModel('matting model', later))).toMatch(/implements version 2/);
  });
});
