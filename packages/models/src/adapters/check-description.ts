import { InvalidOptionError } from '@latent-matte/core';
import { said } from '@latent-matte/core/internal';
import {
  type AdapterDescription,
  type FixedSize,
  type FreeSize,
  LARGEST_SIDE,
} from './description';
import { assertKnownFields } from './description-fields';

/** @throws InvalidOptionError naming the first field that is unknown or out of range */
export function checkDescription(description: AdapterDescription): void {
  const refuse = (field: string, value: unknown, allowed: string) => {
    throw new InvalidOptionError(
      `The description of the model has ${field} = ${JSON.stringify(value)}.`,
      `Use ${allowed}.`,
    );
  };
  const oneOf = (field: string, value: unknown, allowed: readonly unknown[]) => {
    if (value !== undefined && !allowed.includes(value)) refuse(field, value, allowed.join(' or '));
  };
  const numbers = (field: string, value: readonly number[] | undefined, count: number) => {
    if (value === undefined) return;
    if (!Array.isArray(value) || value.length !== count || !value.every(Number.isFinite)) {
      refuse(field, value, `${count} finite numbers`);
    }
  };
  const whole = (field: string, value: number | undefined, from: number) => {
    if (value === undefined || (Number.isInteger(value) && value >= from)) return;
    refuse(field, value, `a whole number ≥ ${from}`);
  };
  const side = (field: string, value: number | undefined) => {
    if (value === undefined || (Number.isInteger(value) && value >= 1 && value <= LARGEST_SIDE))
      return;
    refuse(field, value, `a whole number from 1 to ${LARGEST_SIDE}`);
  };

  if (typeof description !== 'object' || description === null) {
    throw new InvalidOptionError(
      `The description of the model is ${said(description)}.`,
      "Pass an object with kind: 'matting' or 'trimap', name, input and output as the second argument.",
    );
  }
  oneOf('kind', description.kind ?? null, ['matting', 'trimap']);
  if (typeof description.name !== 'string' || description.name === '') {
    refuse('name', description.name, 'a name for error messages');
  }
  oneOf('differentiable', description.differentiable, ['image', 'none']);
  const group = (field: string, value: unknown) => {
    if (value === undefined || (typeof value === 'object' && value !== null)) return;
    refuse(field, value, 'an object, or leave it out');
  };
  group('input', description.input);
  group('output', description.output);
  group('input.size', description.input?.size);
  if (description.kind === 'matting') group('trimap', description.trimap);
  else group('output.person', description.output?.person);
  assertKnownFields(description);
  const { input = {}, output = {} } = description;
  oneOf('input.layout', input.layout, ['NHWC', 'NCHW']);
  oneOf('output.layout', output.layout, ['NHWC', 'NCHW']);
  oneOf('input.colors', input.colors, ['rgb', 'bgr']);
  numbers('input.range', input.range, 2);
  numbers('input.mean', input.mean, 3);
  numbers('input.std', input.std, 3);
  if (input.range && input.range[0] === input.range[1]) {
    refuse('input.range', input.range, 'two different numbers');
  }
  if (input.std?.some((s) => s <= 0)) refuse('input.std', input.std, 'positive numbers');
  checkSize(input.size, side, refuse, oneOf);
  if (typeof output.name === 'number') whole('output.name', output.name, 0);
  if (description.kind === 'matting') {
    whole('output.channel', description.output?.channel, 0);
    oneOf('output.activation', description.output?.activation, ['none', 'sigmoid', 'softmax']);
    const range = description.output?.range;
    numbers('output.range', range, 2);
    if (range && range[0] === range[1]) refuse('output.range', range, 'two different numbers');
    oneOf('trimap.encoding', description.trimap?.encoding, ['levels', 'one-hot']);
    oneOf('trimap.as', description.trimap?.as, ['channels', 'input']);
    numbers('trimap.values', description.trimap?.values, 3);
  } else {
    oneOf('output.values', description.output?.values, ['logits', 'probabilities']);
    numbers('output.classes', description.output?.classes, 3);
    for (const channel of description.output?.classes ?? []) {
      whole('output.classes', channel, 0);
    }
    whole('output.person.channel', description.output?.person?.channel, 0);
    whole('output.person.band', description.output?.person?.band, 0);
    const margin = description.output?.person?.margin;
    if (margin !== undefined && !(margin > 0))
      refuse('output.person.margin', margin, 'a number > 0');
  }
}

function checkSize(
  size: FreeSize | FixedSize | undefined,
  side: (field: string, value: number | undefined) => void,
  refuse: (field: string, value: unknown, allowed: string) => void,
  oneOf: (field: string, value: unknown, allowed: readonly unknown[]) => void,
): void {
  if (size === undefined) return;
  if ('fixed' in size) {
    if (!Array.isArray(size.fixed) || size.fixed.length !== 2) {
      refuse('input.size.fixed', size.fixed, '[height, width]');
    }
    for (const length of size.fixed) side('input.size.fixed', length);
    oneOf('input.size.fit', size.fit, ['letterbox', 'stretch']);
    return;
  }
  side('input.size.multipleOf', size.multipleOf);
  side('input.size.min', size.min);
  if (size.max !== undefined && !(Number.isInteger(size.max) && size.max >= 1)) {
    refuse('input.size.max', size.max, 'a whole number ≥ 1');
  }
  const { multipleOf = 1, min = Math.max(32, multipleOf), max = 2048 } = size;
  if (max < min || max < multipleOf) refuse('input.size', size, 'a max that is not below min');
}
