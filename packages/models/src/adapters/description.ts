import { InvalidOptionError } from '@latent-matte/core';
import { said } from '@latent-matte/core/internal';
import { assertKnownFields } from './description-fields';

/** Pictures are resized to what a model asks for: no network of this field sees more, and a file may ask for anything. */
export const LARGEST_SIDE = 4096;

/** How a network wants its picture. Every field has a default; the defaults describe RGB NHWC in [0, 1]. */
export interface NetworkInput {
  /** Name of the input in a graph, where it has several. */
  readonly name?: string;
  /** Default `'NHWC'` (`fromOnnx`: `'NCHW'`). */
  readonly layout?: 'NHWC' | 'NCHW';
  /** Default `'rgb'`. */
  readonly colors?: 'rgb' | 'bgr';
  /** What 0 and 1 of the picture become, before `mean` and `std`. Default `[0, 1]`. */
  readonly range?: readonly [black: number, white: number];
  /** Subtracted per channel, in the network's channel order and in units of `range`. Default 0. */
  readonly mean?: readonly number[];
  /** Divides per channel, after `mean`. Default 1. */
  readonly std?: readonly number[];
  /** Default: any size from 32 to 2048. */
  readonly size?: FreeSize | FixedSize;
}

/** A network that takes any size of a grid. Pictures off the grid are resized to it, and the answer back. */
export interface FreeSize {
  /** Default 1. */
  readonly multipleOf?: number;
  /** Smallest side in pixels. Default 32, or `multipleOf` when that is larger. */
  readonly min?: number;
  /** Largest side in pixels. Default 2048. */
  readonly max?: number;
}

/** A network that takes one size only. */
export interface FixedSize {
  readonly fixed: readonly [height: number, width: number];
  /**
   * `'letterbox'` keeps the proportions and repeats the border around the picture; `'stretch'` does not. Default
   * `'letterbox'`.
   */
  readonly fit?: 'letterbox' | 'stretch';
}

/**
 * How a network is given a trimap: as further channels of the picture, after them, or as an input of its own
 * (`name`; the second argument of a function). `'levels'` is one channel whose background, unknown and foreground
 * are `values`; `'one-hot'` is three channels of 0 and `values[2]`, in the order background, unknown, foreground.
 */
export interface TrimapInput {
  /** Default `'levels'`. */
  readonly encoding?: 'levels' | 'one-hot';
  /** Default `[0, 0.5, 1]`. */
  readonly values?: readonly [background: number, unknown: number, foreground: number];
  /** Default: `'channels'`. */
  readonly as?: 'channels' | 'input';
  /** Name of that input in a graph. */
  readonly name?: string;
}

/** Where in the network's answer the map is. */
export interface NetworkOutput {
  /** Name of the output in a graph, or its place in a list. Default: the first. */
  readonly name?: string | number;
  /** Default: that of the input. Answers of rank 3 are `[N, H, W]`. */
  readonly layout?: 'NHWC' | 'NCHW';
}

interface Description {
  /** For reports and error messages. */
  readonly name: string;
  /** SPDX identifier or short description of the licence of the weights. Default `'unknown'`. */
  readonly license?: string;
  readonly input?: NetworkInput;
  /**
   * `'image'`: every operation has a right gradient. `'none'`: a black box, which judges but gives no gradient.
   * Default `'image'`.
   */
  readonly differentiable?: 'image' | 'none';
}

/** A network whose answer is alpha. */
export interface MattingDescription extends Description {
  readonly kind: 'matting';
  readonly output?: NetworkOutput & {
    /** The channel that is alpha; with `'softmax'`, the class of the person. Default 0 (`'softmax'`: 1). */
    readonly channel?: number;
    /** What turns the answer into alpha. Default `'none'`. */
    readonly activation?: 'none' | 'sigmoid' | 'softmax';
    /** The values, after the activation, that mean background and foreground. Default `[0, 1]`. */
    readonly range?: readonly [background: number, foreground: number];
  };
  /** Given when the network needs a trimap. Known pixels of it replace the answer unless `keepKnown` is false. */
  readonly trimap?: TrimapInput & { readonly keepKnown?: boolean };
}

/** A network whose answer tells background, unknown and foreground apart, or at least where the person is. */
export interface TrimapDescription extends Description {
  readonly kind: 'trimap';
  readonly output?: NetworkOutput & {
    /** Default `'logits'`. */
    readonly values?: 'logits' | 'probabilities';
    /** Channels of background, unknown and foreground. Default `[0, 1, 2]`. */
    readonly classes?: readonly [background: number, unknown: number, foreground: number];
    /**
     * Instead of `classes`, for a person segmenter: the channel of the person, and the log-odds below which a pixel
     * is unknown (default 2). One channel alone is the person's own logit or probability. `band` widens the unknown
     * by that many pixels of the network's map (default 0): a pixel is known where all of them are.
     */
    readonly person?: {
      readonly channel: number;
      readonly margin?: number;
      readonly band?: number;
    };
  };
}

export type AdapterDescription = MattingDescription | TrimapDescription;

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
