import { WeightFormatError } from '../../errors';
import type { MemoryBudget } from '../memory-budget';
import {
  describeValue,
  latin1FromUtf8,
  PickleGlobal,
  PickleObject,
  PickleSlice,
} from '../pickle/pickle-values';
import type { PicklePolicy } from '../pickle/read-pickle';
import type { WeightDtype } from '../weight-tensor';
import { NumpyArray, NumpyDtype, numpyScalar } from './numpy-values';
import { storageDtype, type TorchStorage, TorchTensor } from './torch-values';

/** Where the storages of a checkpoint are. */
export interface StorageFinder {
  /** A storage kept beside the pickle, under `key`. */
  external(key: string, dtype: WeightDtype, elements: number): TorchStorage;
  /** A storage whose file is in the pickle itself: `torch.storage._load_from_bytes`. */
  embedded?(bytes: Uint8Array | PickleSlice): TorchStorage;
}

const refuse = (problem: string): WeightFormatError =>
  new WeightFormatError(
    `The pickle ${problem}. Nothing was executed.`,
    'Do not open this file with Python either unless you trust its author.',
  );

/** Modules a checkpoint has no business with: refused where they are named, called or not. */
const forbiddenModules = new Set(
  (
    'os posix nt sys subprocess commands shutil pty socket ssl http urllib requests ftplib smtplib ' +
    'importlib imp runpy code codeop types functools operator ctypes cffi marshal pickle _pickle cPickle ' +
    'cloudpickle dill io _io tempfile glob webbrowser multiprocessing threading _thread asyncio signal ' +
    'pdb bdb timeit cProfile profile trace inspect gc builtins __builtin__ __builtins__ nntplib pip'
  ).split(' '),
);

/** Built-in types that are data. */
const builtins = new Set(
  'dict list tuple set frozenset bytes bytearray str unicode int long float bool complex object slice range xrange getattr'.split(
    ' ',
  ),
);

const isBuiltin = (module: string): boolean => module === 'builtins' || module === '__builtin__';

/** Constructors without effects whose result is of no use here: settings, paths, dates. */
const inertCalls =
  /^(pathlib|datetime|uuid|decimal|fractions|enum|omegaconf|easydict|yacs|argparse|dnnlib)\.|^torch\.(device|Generator)$|^numpy\.random\./;

/** Longer names of classes serve no checkpoint. */
const MAX_NAME = 1000;
/** What an object costs of the work of a file. */
const OBJECT_COST = 16;

/** What copying a value costs: its items, or a piece of its text. */
const sizeOf = (value: unknown): number => {
  if (value instanceof Map || value instanceof Set) return 2 * value.size;
  if (typeof value === 'string') return value.length >> 4;
  return Array.isArray(value) ? value.length : 0;
};

const isValue = (value: unknown): boolean =>
  value === null || ['number', 'bigint', 'boolean', 'string'].includes(typeof value);

/**
 * A class of the file's own made of plain values: an enum, a named tuple. Classes have a capital letter by convention;
 * a function, or an argument that is itself a function, is something else, and refused.
 */
const isValueOfClass = (callee: PickleGlobal, args: readonly unknown[]): boolean =>
  /^_?[A-Z]/.test(callee.name.split('.').at(-1)!) &&
  args.every((arg) => isValue(arg) || (Array.isArray(arg) && arg.every(isValue)));

export const torchScript = (): WeightFormatError =>
  new WeightFormatError(
    'This is a TorchScript archive (torch.jit.save), a program with its weights.',
    'Save the weights alone: torch.save(torch.jit.load(path).state_dict(), "weights.pt"); or export the model as ONNX.',
  );

type Call = (args: readonly unknown[], finder: StorageFinder) => unknown;

const rebuildTensor: Call = ([storage, offset, shape, strides]) =>
  new TorchTensor(storage, offset, shape, strides);
const firstArgument: Call = ([value]) => value;
const toArray: Call = ([items = []]) => (items instanceof Set ? [...items] : items);
const toSet: Call = ([items = []]) => new Set(Array.isArray(items) ? items : []);

function toMap([items = []]: readonly unknown[]): Map<unknown, unknown> {
  if (items instanceof Map) return new Map(items);
  const pairs = Array.isArray(items) ? items : [];
  return new Map(pairs.filter(Array.isArray).map(([key, value]) => [key, value]));
}

/** `_codecs.encode(text, 'latin1')`, how protocol 2 writes bytes. */
const encode: Call = ([text, encoding]) => {
  if (encoding !== undefined && encoding !== 'latin1' && encoding !== 'latin-1') {
    throw new WeightFormatError(`The pickle encodes bytes as ${describeValue(encoding)}.`);
  }
  if (typeof text === 'string') return latin1FromUtf8(new TextEncoder().encode(text));
  if (text instanceof PickleSlice && text.encoding === 'utf-8') {
    return new PickleSlice(text.source, text.offset, text.length, 'latin-1 in utf-8');
  }
  throw new WeightFormatError(`The pickle encodes ${describeValue(text)} as bytes.`);
};

const loadFromBytes: Call = ([bytes], finder) => {
  if (finder.embedded === undefined) throw refuse('nests one embedded file in another');
  if (!(bytes instanceof Uint8Array) && !(bytes instanceof PickleSlice)) {
    throw new WeightFormatError(`An embedded tensor is ${describeValue(bytes)}, not bytes.`);
  }
  return finder.embedded(bytes);
};

/** StyleGAN2-ADA's persistent objects: class name and state; the Python source beside them is not looked at. */
const reconstructPersistent: Call = ([meta]) => {
  const state = meta instanceof Map ? meta.get('state') : undefined;
  if (!(meta instanceof Map) || !(state instanceof Map)) {
    throw new WeightFormatError('A persistent object of the pickle has no state.');
  }
  const object = new PickleObject(`persistent.${String(meta.get('class_name')).slice(0, 80)}`, []);
  setState(object, state);
  return object;
};

/** `int(…)` and the like of a plain value is that value; what else it may be serves no checkpoint. */
const plainValue =
  (name: string): Call =>
  (args) =>
    ['number', 'bigint', 'boolean', 'string'].includes(typeof args[0]) && args.length === 1
      ? args[0]
      : new PickleObject(name, args);

/** `getattr(Mode, 'FAST')`, how Python 3.11 and later write some enums. Its value is of no use, nor can it be called. */
const attribute: Call = (args) => {
  const [owner, name] = args;
  const isMember =
    owner instanceof PickleGlobal &&
    /^_?[A-Z]/.test(owner.name) &&
    typeof name === 'string' &&
    /^[A-Z][A-Z0-9_]*$/.test(name);
  if (!isMember) {
    throw refuse('names the forbidden global builtins.getattr');
  }
  return new PickleObject(`${owner.path}.${name}`, []);
};

const reconstructArray: Call = () => new NumpyArray();

const calls = new Map<string, Call>([
  ['collections.OrderedDict', toMap],
  ['collections.Counter', toMap],
  ['collections.defaultdict', () => new Map()],
  ['dict', toMap],
  ['list', toArray],
  ['collections.deque', ([items = []]) => (Array.isArray(items) ? [...items] : [])],
  ...['int', 'long', 'float', 'bool', 'str', 'unicode'].map((name): [string, Call] => [
    name,
    plainValue(name),
  ]),
  ...['range', 'xrange', 'slice', 'complex', 'object'].map((name): [string, Call] => [
    name,
    (args) => new PickleObject(name, args),
  ]),
  ['getattr', attribute],
  ['tuple', toArray],
  ['set', toSet],
  ['frozenset', toSet],
  ['bytearray', firstArgument],
  ['bytes', firstArgument],
  ['torch._utils._rebuild_tensor', rebuildTensor],
  ['torch._utils._rebuild_tensor_v2', rebuildTensor],
  [
    'torch._utils._rebuild_tensor_v3',
    ([storage, offset, shape, strides, , , dtype]) =>
      new TorchTensor(
        storage,
        offset,
        shape,
        strides,
        dtype instanceof PickleGlobal ? dtype : undefined,
      ),
  ],
  ['torch._utils._rebuild_parameter', firstArgument],
  ['torch._utils._rebuild_parameter_with_state', firstArgument],
  ['torch.Size', toArray],
  ['torch.storage._load_from_bytes', loadFromBytes],
  ['_codecs.encode', encode],
  ['numpy.dtype', ([code]) => new NumpyDtype(code)],
  ['numpy.core.multiarray._reconstruct', reconstructArray],
  ['numpy._core.multiarray._reconstruct', reconstructArray],
  ['numpy.core.multiarray.scalar', ([dtype, data]) => numpyScalar(dtype, data)],
  ['numpy._core.multiarray.scalar', ([dtype, data]) => numpyScalar(dtype, data)],
  ['torch_utils.persistence._reconstruct_persistent_obj', reconstructPersistent],
]);

/**
 * What the pickle of a checkpoint may contain. An allow-list of calls rebuilds tensors, arrays and dicts in
 * this reader's own terms. Classes it does not know (settings, whole modules) become inert
 * {@link PickleObject}s; calling anything it does not know is refused, and so is naming a module that a
 * checkpoint has no business with.
 */
export class CheckpointPolicy implements PicklePolicy {
  readonly #finder: StorageFinder;
  readonly #budget: MemoryBudget;

  /** @param budget shared by all pickles of a file */
  constructor(finder: StorageFinder, budget: MemoryBudget) {
    this.#finder = finder;
    this.#budget = budget;
  }

  spend(units: number): void {
    this.#budget.work(units);
  }

  global(module: string, name: string): PickleGlobal {
    if (module.length + name.length > MAX_NAME) {
      throw new WeightFormatError(
        `The pickle has a name of ${module.length + name.length} letters.`,
      );
    }
    if (/^(torch\.jit|__torch__)(\.|$)/.test(module)) throw torchScript();
    const allowed = isBuiltin(module) && builtins.has(name);
    if (!allowed && forbiddenModules.has(module.split('.')[0]!)) {
      throw refuse(
        `names the forbidden global ${new PickleGlobal(module, name).path.slice(0, 120)}`,
      );
    }
    return new PickleGlobal(module, name);
  }

  call(callee: PickleGlobal, args: readonly unknown[]): unknown {
    this.spend(OBJECT_COST + args.reduce<number>((sum, item) => sum + sizeOf(item), 0));
    const call = calls.get(isBuiltin(callee.module) ? callee.name : callee.path);
    if (call !== undefined) return call(args, this.#finder);
    // What `object.__reduce_ex__` of protocols 0 and 1 writes.
    const isReconstructor = /^copy_?reg\._reconstructor$/.test(callee.path);
    if (isReconstructor && args[0] instanceof PickleGlobal) return this.instance(args[0], []);
    if (inertCalls.test(callee.path) || isValueOfClass(callee, args))
      return new PickleObject(callee.path, args);
    throw refuse(`calls the forbidden global ${callee.path.slice(0, 120)}`);
  }

  instance(cls: PickleGlobal, args: readonly unknown[]): unknown {
    this.spend(OBJECT_COST + args.reduce<number>((sum, item) => sum + sizeOf(item), 0));
    const isDict = cls.path === 'collections.OrderedDict' || cls.path === 'builtins.dict';
    return isDict ? toMap(args) : new PickleObject(cls.path, args);
  }

  build(target: unknown, state: unknown): unknown {
    this.spend(
      Array.isArray(state)
        ? state.reduce<number>((sum, item) => sum + sizeOf(item), 0)
        : sizeOf(state),
    );
    if (target instanceof NumpyArray || target instanceof NumpyDtype) target.build(state);
    else if (target instanceof PickleObject) setState(target, state);
    // Attributes of dicts (`_metadata` of a state_dict) and tensors are of no use here.
    else if (!(target instanceof Map) && !(target instanceof TorchTensor)) {
      throw new WeightFormatError(`The pickle sets the state of ${describeValue(target)}.`);
    }
    return target;
  }

  persistent(id: unknown): unknown {
    if (!Array.isArray(id)) {
      throw new WeightFormatError(`The pickle refers to ${describeValue(id)} outside of it.`);
    }
    const [kind, type, key, , elements, view] = id;
    // A whole module saved with `torch.save(model)`: its class, and its source code, which is not looked at.
    if (kind === 'module' && type instanceof PickleGlobal) return type;
    if (kind !== 'storage' || !(type instanceof PickleGlobal)) {
      throw new WeightFormatError(`The pickle refers to ${describeValue(kind)} outside of it.`);
    }
    if (typeof key !== 'string' || !Number.isSafeInteger(elements) || elements < 0) {
      throw new WeightFormatError(
        `A storage has the key ${describeValue(key)} and ${describeValue(elements)} elements.`,
      );
    }
    if (view !== undefined && view !== null) {
      throw new WeightFormatError(
        'The checkpoint has views of storages, as PyTorch before 0.4 wrote them.',
        'Load it and save it again with a newer PyTorch.',
      );
    }
    return this.#finder.external(key, storageDtype(type), elements);
  }
}

/** `object.__dict__.update(state)`, or `(dict, slots)`; other states are of no use here. */
function setState(object: PickleObject, state: unknown): void {
  for (const part of Array.isArray(state) ? state : [state]) {
    if (!(part instanceof Map)) continue;
    for (const [name, value] of part) object.state.set(name, value);
  }
}
