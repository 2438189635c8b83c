import { WeightsError } from '@latent-matte/core';
import type * as tf from '@tensorflow/tfjs-core';
import type { OnnxGraph, OnnxNode, OnnxTensor } from './onnx-model';
import type { Room } from './room';
import { unsupported } from './unsupported';
import { ofHost, type Value } from './value';

/** What runs at every call; what it makes is freed by the caller. */
export type Step = (inputs: readonly Value[]) => Value | readonly Value[];

/** Prepares a node once, when the model is loaded: reads its attributes, converts its weights. */
export type Operator = (node: OnnxNode, tools: Tools) => Step;

export interface Tools {
  readonly opset: number;
  /** What a run may make. */
  readonly room: Room;
  /** A weight of the file, or of a `Constant` node. */
  constant(name: string): OnnxTensor | undefined;
  /** Prepares a graph within a node; it is disposed with the model. */
  compile(
    graph: OnnxGraph,
    outputs: readonly string[],
  ): {
    runAll(inputs: ReadonlyMap<string, Value>): readonly Value[];
  };
  /** Keeps a tensor until the model is disposed. */
  keep<T extends tf.Tensor>(make: () => T): T;
}

export function number(node: OnnxNode, name: string, fallback: number): number {
  const value = node.attributes.get(name);
  return typeof value === 'number' ? value : fallback;
}

export function string(node: OnnxNode, name: string, fallback: string): string {
  const value = node.attributes.get(name);
  return typeof value === 'string' && value !== '' ? value : fallback;
}

/**
 * Steps and sizes of windows, and the borders around a map: the least value, and how many there are. A stride of 0 or
 * NaN makes tfjs's wasm kernels write beyond their memory.
 */
const WINDOW: Readonly<Record<string, readonly [least: number, count: number]>> = {
  strides: [1, 2],
  dilations: [1, 2],
  kernel_shape: [1, 2],
  output_padding: [0, 2],
};
const BORDERS = [0, 4] as const;

export function list(node: OnnxNode, name: string): readonly number[] | undefined {
  const value = node.attributes.get(name);
  if (!Array.isArray(value)) return undefined;
  if (Object.hasOwn(WINDOW, name)) assertWindow(node, name, value, WINDOW[name]);
  return value as readonly number[];
}

/** Pads of a convolution or a pool of maps: top, left, bottom, right. */
export function borderPads(node: OnnxNode): readonly [number, number, number, number] {
  const value = list(node, 'pads') ?? [0, 0, 0, 0];
  assertWindow(node, 'pads', value, BORDERS);
  return value as readonly [number, number, number, number];
}

function assertWindow(
  node: OnnxNode,
  name: string,
  value: readonly unknown[],
  [least, count]: readonly [least: number, count: number],
): void {
  const fine = (step: unknown) => Number.isSafeInteger(step) && (step as number) >= least;
  if (value.length === count && value.every(fine)) return;
  unsupported(node, `has ${name} of [${value}]; ${count} whole numbers ≥ ${least} are supported`);
}

/** A weight that the file holds, or that nodes make of what it holds. */
export function weight(node: OnnxNode, place: number, tools: Tools): OnnxTensor {
  const found = tools.constant(node.inputs[place] ?? '');
  if (found === undefined) {
    return unsupported(node, `computes its weight "${node.inputs[place]}" from the picture`);
  }
  for (const value of found.data) {
    if (Number.isFinite(value)) continue;
    throw new WeightsError(
      `The weight "${found.name}" of the node "${node.name}" holds ${value}.`,
      'Use a model whose training did not diverge.',
    );
  }
  return found;
}

/** Numbers that the operation needs to know beforehand: sizes, axes, scales. */
export function known(node: OnnxNode, value: Value | undefined, what: string): readonly number[] {
  return value?.host?.data ?? unsupported(node, `has ${what} that depend on the picture`);
}

/** An attribute that later operator sets made an input. */
export function attributeOrInput(
  node: OnnxNode,
  name: string,
  input: Value | undefined,
): readonly number[] | undefined {
  const attribute = list(node, name);
  if (attribute !== undefined) return attribute;
  return isAbsent(input) ? undefined : known(node, input, `${name}`);
}

/** Optional inputs that were left out. */
export const absent: Value = ofHost([], [0]);
export const isAbsent = (value: Value | undefined): value is undefined =>
  value === undefined || value === absent;
