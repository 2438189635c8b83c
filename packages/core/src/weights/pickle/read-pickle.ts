import { WeightFormatError } from '../../errors';
import type { ByteSource } from '../byte-source';
import { INLINE_LIMIT, PickleInput } from './pickle-input';
import { addItems, appendItems, PickleStack, setItems } from './pickle-stack';
import { describeValue, narrowInteger, PickleGlobal, PickleSlice } from './pickle-values';

/** What a pickle may name, call and build. Every method throws {@link WeightFormatError} to refuse. */
export interface PicklePolicy {
  /** A class or function by name. */
  global(module: string, name: string): PickleGlobal;
  /** `callee(*args)`. */
  call(callee: PickleGlobal, args: readonly unknown[]): unknown;
  /** `cls.__new__(cls, *args)`. */
  instance(cls: PickleGlobal, args: readonly unknown[]): unknown;
  /** `target.__setstate__(state)`; returns what takes its place on the stack. */
  build(target: unknown, state: unknown): unknown;
  /** An object kept outside the pickle. */
  persistent(id: unknown): unknown;
  /** Counts work: 1 an instruction, more where it makes an object. */
  spend(units: number): void;
}

/** A whole StyleGAN2-ADA pickle takes about 100,000. */
const MAX_INSTRUCTIONS = 2_000_000;
/** Integers beyond this many bytes serve no checkpoint. */
const MAX_INTEGER_BYTES = 64;

const code = (character: string): number => character.charCodeAt(0);

const OP = {
  MARK: code('('),
  STOP: code('.'),
  POP: code('0'),
  POP_MARK: code('1'),
  DUP: code('2'),
  FLOAT: code('F'),
  INT: code('I'),
  BININT: code('J'),
  BININT1: code('K'),
  LONG: code('L'),
  BININT2: code('M'),
  NONE: code('N'),
  PERSID: code('P'),
  BINPERSID: code('Q'),
  REDUCE: code('R'),
  STRING: code('S'),
  BINSTRING: code('T'),
  SHORT_BINSTRING: code('U'),
  UNICODE: code('V'),
  BINUNICODE: code('X'),
  APPEND: code('a'),
  BUILD: code('b'),
  GLOBAL: code('c'),
  DICT: code('d'),
  EMPTY_DICT: code('}'),
  APPENDS: code('e'),
  GET: code('g'),
  BINGET: code('h'),
  INST: code('i'),
  LONG_BINGET: code('j'),
  LIST: code('l'),
  EMPTY_LIST: code(']'),
  OBJ: code('o'),
  PUT: code('p'),
  BINPUT: code('q'),
  LONG_BINPUT: code('r'),
  SETITEM: code('s'),
  TUPLE: code('t'),
  EMPTY_TUPLE: code(')'),
  SETITEMS: code('u'),
  BINFLOAT: code('G'),
  BINBYTES: code('B'),
  SHORT_BINBYTES: code('C'),
  PROTO: 0x80,
  NEWOBJ: 0x81,
  TUPLE1: 0x85,
  TUPLE2: 0x86,
  TUPLE3: 0x87,
  NEWTRUE: 0x88,
  NEWFALSE: 0x89,
  LONG1: 0x8a,
  LONG4: 0x8b,
  SHORT_BINUNICODE: 0x8c,
  BINUNICODE8: 0x8d,
  BINBYTES8: 0x8e,
  EMPTY_SET: 0x8f,
  ADDITEMS: 0x90,
  FROZENSET: 0x91,
  NEWOBJ_EX: 0x92,
  STACK_GLOBAL: 0x93,
  MEMOIZE: 0x94,
  FRAME: 0x95,
  BYTEARRAY8: 0x96,
} as const;

const CONTAINERS: ReadonlySet<number> = new Set([
  OP.EMPTY_DICT,
  OP.DICT,
  OP.EMPTY_SET,
  OP.FROZENSET,
]);
/** An empty Map takes about 200 bytes. */
const CONTAINER_COST = 8;

/**
 * Reads one Python pickle, protocols 0 to 5, without executing anything: names are resolved, called and built
 * only by `policy`. Not recursive, so that no nesting overflows the stack; strings and bytes over 4 KiB stay in
 * the source.
 * @param start where the pickle begins
 * @returns its value, and the position after it
 * @throws WeightFormatError for anything damaged, refused by the policy, or too large
 */
export async function readPickle(
  source: ByteSource,
  start: number,
  policy: PicklePolicy,
): Promise<{ value: unknown; end: number }> {
  const input = new PickleInput(source, start);
  const stack = new PickleStack();
  for (let count = 0; count < MAX_INSTRUCTIONS; count++) {
    // The longest instruction with a payload of fixed size.
    if (input.lacks(9)) await input.fill(9);
    const op = input.byte();
    policy.spend(CONTAINERS.has(op) ? CONTAINER_COST : 1);
    if (op === OP.STOP) return { value: stack.pop(), end: input.position };
    if (!simple(op, input, stack, policy)) await withPayload(op, input, stack, policy);
  }
  throw new WeightFormatError(
    `The pickle has more than ${MAX_INSTRUCTIONS} instructions.`,
    'Save only the state_dict of the network.',
  );
}

/** Instructions that need no further reading. Returns false for the others. */
function simple(op: number, input: PickleInput, stack: PickleStack, policy: PicklePolicy): boolean {
  switch (op) {
    case OP.PROTO: {
      const protocol = input.byte();
      if (protocol > 5) throw new WeightFormatError(`Pickle protocol ${protocol} is not known.`);
      return true;
    }
    case OP.FRAME:
      input.uint64();
      return true;
    case OP.MARK:
      stack.mark();
      return true;
    case OP.POP:
      stack.drop();
      return true;
    case OP.POP_MARK:
      stack.popMark();
      return true;
    case OP.DUP:
      stack.push(stack.top());
      return true;
    case OP.NONE:
      stack.push(null);
      return true;
    case OP.NEWTRUE:
      stack.push(true);
      return true;
    case OP.NEWFALSE:
      stack.push(false);
      return true;
    case OP.BININT:
      stack.push(input.int32());
      return true;
    case OP.BININT1:
      stack.push(input.byte());
      return true;
    case OP.BININT2:
      stack.push(input.uint16());
      return true;
    case OP.BINFLOAT:
      stack.push(input.float64());
      return true;
    case OP.EMPTY_DICT:
      stack.push(new Map());
      return true;
    case OP.EMPTY_LIST:
    case OP.EMPTY_TUPLE:
      stack.push([]);
      return true;
    case OP.EMPTY_SET:
      stack.push(new Set());
      return true;
    case OP.DICT: {
      const dict = new Map();
      setItems(dict, stack.popMark());
      stack.push(dict);
      return true;
    }
    case OP.LIST:
    case OP.TUPLE:
      stack.push(stack.popMark());
      return true;
    case OP.FROZENSET:
      stack.push(new Set(stack.popMark()));
      return true;
    case OP.TUPLE1:
    case OP.TUPLE2:
    case OP.TUPLE3:
      stack.push(stack.popTuple(op - OP.TUPLE1 + 1));
      return true;
    case OP.APPEND: {
      const item = stack.pop();
      appendItems(stack.top(), [item]);
      return true;
    }
    case OP.APPENDS: {
      const items = stack.popMark();
      appendItems(stack.top(), items);
      return true;
    }
    case OP.SETITEM: {
      const pair = stack.popTuple(2);
      setItems(stack.top(), pair);
      return true;
    }
    case OP.SETITEMS: {
      const items = stack.popMark();
      setItems(stack.top(), items);
      return true;
    }
    case OP.ADDITEMS: {
      const items = stack.popMark();
      addItems(stack.top(), items);
      return true;
    }
    case OP.BINGET:
      stack.push(stack.recall(input.byte()));
      return true;
    case OP.LONG_BINGET:
      stack.push(stack.recall(input.uint32()));
      return true;
    case OP.BINPUT:
      stack.remember(input.byte());
      return true;
    case OP.LONG_BINPUT:
      stack.remember(input.uint32());
      return true;
    case OP.MEMOIZE:
      stack.rememberNext();
      return true;
    case OP.STACK_GLOBAL: {
      const [module, name] = stack.popTuple(2);
      stack.push(policy.global(asText(module), asText(name)));
      return true;
    }
    case OP.BINPERSID:
      stack.push(policy.persistent(stack.pop()));
      return true;
    case OP.REDUCE: {
      const [callee, args] = stack.popTuple(2);
      stack.push(policy.call(asGlobal(callee), asTuple(args)));
      return true;
    }
    case OP.OBJ: {
      const [cls, ...args] = stack.popMark();
      stack.push(policy.call(asGlobal(cls), args));
      return true;
    }
    case OP.NEWOBJ: {
      const [cls, args] = stack.popTuple(2);
      stack.push(policy.instance(asGlobal(cls), asTuple(args)));
      return true;
    }
    case OP.NEWOBJ_EX: {
      const [cls, args] = stack.popTuple(3);
      stack.push(policy.instance(asGlobal(cls), asTuple(args)));
      return true;
    }
    case OP.BUILD: {
      const [target, state] = stack.popTuple(2);
      stack.push(policy.build(target, state));
      return true;
    }
    default:
      return false;
  }
}

/** Instructions followed by a line, or by a payload of stated length. */
async function withPayload(
  op: number,
  input: PickleInput,
  stack: PickleStack,
  policy: PicklePolicy,
): Promise<void> {
  switch (op) {
    case OP.SHORT_BINUNICODE:
      return stack.push(await text(input, input.byte(), 'utf-8'));
    case OP.BINUNICODE:
      return stack.push(await text(input, input.uint32(), 'utf-8'));
    case OP.BINUNICODE8:
      return stack.push(await text(input, input.uint64(), 'utf-8'));
    // Strings of Python 2: text or binary data, which only their use tells.
    case OP.SHORT_BINSTRING:
      return stack.push(await text(input, input.byte(), 'latin1'));
    case OP.BINSTRING:
      return stack.push(await text(input, input.uint32(), 'latin1'));
    case OP.SHORT_BINBYTES:
      return stack.push(await bytes(input, input.byte()));
    case OP.BINBYTES:
      return stack.push(await bytes(input, input.uint32()));
    case OP.BINBYTES8:
    case OP.BYTEARRAY8:
      return stack.push(await bytes(input, input.uint64()));
    case OP.LONG1:
      return stack.push(await integer(input, input.byte()));
    case OP.LONG4:
      return stack.push(await integer(input, input.uint32()));
    case OP.GLOBAL:
      return stack.push(policy.global(await input.line(), await input.line()));
    case OP.INST: {
      const cls = policy.global(await input.line(), await input.line());
      return stack.push(policy.call(cls, stack.popMark()));
    }
    case OP.INT: {
      const line = await input.line();
      return stack.push(line === '00' ? false : line === '01' ? true : parseInteger(line));
    }
    case OP.LONG:
      return stack.push(parseInteger((await input.line()).replace(/L$/, '')));
    case OP.FLOAT:
      return stack.push(Number(await input.line()));
    case OP.STRING:
      return stack.push(unquote(await input.line()));
    case OP.UNICODE:
      return stack.push(await input.line());
    case OP.GET:
      return stack.push(stack.recall(Number(await input.line())));
    case OP.PUT:
      return stack.remember(Number(await input.line()));
    case OP.PERSID:
      return stack.push(policy.persistent(await input.line()));
    default:
      throw new WeightFormatError(
        `The pickle has the unknown instruction 0x${op.toString(16)} at byte ${input.position - 1}.`,
      );
  }
}

async function text(
  input: PickleInput,
  length: number,
  encoding: 'utf-8' | 'latin1',
): Promise<string | PickleSlice> {
  if (length > INLINE_LIMIT) {
    const kind = encoding === 'utf-8' ? 'utf-8' : 'bytes';
    return new PickleSlice(input.source, input.skip(length), length, kind);
  }
  const content = await input.bytes(length);
  // Not TextDecoder('latin1'), which is windows-1252.
  if (encoding === 'latin1') return String.fromCharCode(...content);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content);
  } catch {
    throw new WeightFormatError('A string of the pickle is not valid UTF-8.');
  }
}

async function bytes(input: PickleInput, length: number): Promise<Uint8Array | PickleSlice> {
  return length > INLINE_LIMIT
    ? new PickleSlice(input.source, input.skip(length), length, 'bytes')
    : new Uint8Array(await input.bytes(length));
}

/** Little-endian two's complement. */
async function integer(input: PickleInput, length: number): Promise<number | bigint> {
  if (length > MAX_INTEGER_BYTES) {
    throw new WeightFormatError(`The pickle has an integer of ${length} bytes.`);
  }
  let value = 0n;
  for (const byte of new Uint8Array(await input.bytes(length)).reverse()) {
    value = (value << 8n) | BigInt(byte);
  }
  return narrowInteger(length > 0 ? BigInt.asIntN(8 * length, value) : 0n);
}

function parseInteger(line: string): number | bigint {
  if (!/^\s*[-+]?\d{1,150}\s*$/.test(line)) {
    throw new WeightFormatError(
      `The pickle has ${JSON.stringify(line.slice(0, 40))} as an integer.`,
    );
  }
  return narrowInteger(BigInt(line.trim().replace('+', '')));
}

/** A quoted string of protocol 0; escapes other than of quotes and backslashes serve no checkpoint. */
function unquote(line: string): string {
  const match = /^\s*(['"])((?:[^\\]|\\['"\\])*)\1\s*$/.exec(line);
  if (match === null) {
    throw new WeightFormatError('A string of the pickle is not quoted, or has unusual escapes.');
  }
  return match[2]!.replace(/\\(['"\\])/g, '$1');
}

function asText(value: unknown): string {
  if (typeof value !== 'string') {
    throw new WeightFormatError(`The pickle names ${describeValue(value)} as a class.`);
  }
  return value;
}

function asGlobal(value: unknown): PickleGlobal {
  if (!(value instanceof PickleGlobal)) {
    throw new WeightFormatError(`The pickle calls ${describeValue(value)}, which is no class.`);
  }
  return value;
}

function asTuple(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) {
    throw new WeightFormatError(`The pickle passes ${describeValue(value)} as arguments.`);
  }
  return value;
}
