import { WeightFormatError } from '../../errors';
import { PickleObject } from '../pickle/pickle-values';
import { NumpyArray } from './numpy-values';
import { TorchTensor } from './torch-values';

/** A number, flag or short text beside the tensors of a checkpoint: steps, settings. */
export type CheckpointScalar = string | number | bigint | boolean | null;

export interface FlatCheckpoint {
  readonly tensors: Map<string, TorchTensor | NumpyArray>;
  readonly scalars: Map<string, CheckpointScalar>;
}

/** Settings are nested a few levels deep, networks about ten. */
const MAX_DEPTH = 64;
/** Also counts what is reached twice, so that lists of lists of the same list end. */
const MAX_VALUES = 1_000_000;

/** Of all paths together: a long key shared by many dicts makes gigabytes of a few kilobytes. */
const MAX_LETTERS = 32_000_000;

/** The parts of `torch.nn.Module`'s state. */
const PARAMETERS = '_parameters';
const BUFFERS = '_buffers';
const MODULES = '_modules';
const TRANSIENT = '_non_persistent_buffers_set';

/**
 * Names everything in a checkpoint by its path: keys of dicts and indices of lists joined by `/`, the
 * parameters and buffers of a module as in its `state_dict`, `G_ema/synthesis.b4.const`. Settings of a
 * StyleGAN2-ADA network are `G_ema/init_kwargs/…`. What is neither tensor, array nor scalar is left out.
 * @throws WeightFormatError nested too deeply or endlessly, or two values of one name
 */
export function flattenCheckpoint(root: unknown): FlatCheckpoint {
  const flat: FlatCheckpoint = { tensors: new Map(), scalars: new Map() };
  let visited = 0;
  let letters = 0;
  const add = <Value>(values: Map<string, Value>, name: string, value: Value): void => {
    if (values.has(name)) {
      throw new WeightFormatError(`The checkpoint has two values called "${name.slice(0, 200)}".`);
    }
    values.set(name, value);
  };

  const visit = (value: unknown, path: string, depth: number): void => {
    letters += path.length;
    if (depth > MAX_DEPTH || ++visited > MAX_VALUES || letters > MAX_LETTERS) {
      throw new WeightFormatError(
        'The checkpoint is nested too deeply, or without end.',
        'Save only the state_dict of the network.',
      );
    }
    const children = (pairs: Iterable<readonly [unknown, unknown]>): void => {
      for (const [key, child] of pairs) {
        if (typeof key !== 'string' && typeof key !== 'number') continue;
        visit(child, path === '' ? String(key) : `${path}/${key}`, depth + 1);
      }
    };
    if (value instanceof TorchTensor || value instanceof NumpyArray) add(flat.tensors, path, value);
    else if (value instanceof Map) children(value);
    else if (Array.isArray(value)) children(value.entries());
    else if (value instanceof PickleObject) {
      if (value.state.get(MODULES) instanceof Map) {
        module(value, path === '' ? '' : `${path}/`, depth);
        settings(value, path, depth);
      } else {
        children(value.state);
        children(value.entries);
        children(value.items.entries());
      }
    } else if (isScalar(value) && path !== '') add(flat.scalars, path, value);
  };

  /** `state_dict()`: parameters and persistent buffers, then those of the modules inside. */
  const module = ({ state }: PickleObject, prefix: string, depth: number): void => {
    const transient = state.get(TRANSIENT);
    for (const kind of [PARAMETERS, BUFFERS]) {
      for (const [name, value] of pairsOf(state.get(kind))) {
        const skip = kind === BUFFERS && transient instanceof Set && transient.has(name);
        if (value instanceof TorchTensor && !skip) visit(value, prefix + String(name), depth + 1);
      }
    }
    for (const [name, child] of pairsOf(state.get(MODULES))) {
      if (!(child instanceof PickleObject)) continue;
      letters += prefix.length + String(name).length;
      if (depth > MAX_DEPTH || ++visited > MAX_VALUES || letters > MAX_LETTERS) {
        throw new WeightFormatError('The modules of the checkpoint are nested too deeply.');
      }
      module(child, `${prefix}${String(name)}.`, depth + 1);
    }
  };

  const settings = ({ state }: PickleObject, path: string, depth: number): void => {
    const kwargs = state.get('_init_kwargs');
    if (kwargs !== undefined)
      visit(kwargs, path === '' ? 'init_kwargs' : `${path}/init_kwargs`, depth + 1);
  };

  visit(root, '', 0);
  return flat;
}

const pairsOf = (value: unknown): Iterable<readonly [unknown, unknown]> =>
  value instanceof Map ? value : value instanceof PickleObject ? value.entries : [];

const isScalar = (value: unknown): value is CheckpointScalar =>
  value === null || ['string', 'number', 'bigint', 'boolean'].includes(typeof value);
