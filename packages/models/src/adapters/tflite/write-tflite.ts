import { Builder } from 'flatbuffers';
import { BUILTIN_OPERATORS } from './builtin-operators';

/** For tests: the TFLite files that no converter writes. Places are indices into `tensors`. */
export interface WrittenTflite {
  readonly version?: number;
  readonly nodes: readonly {
    /** A builtin operator, or the name of a custom one. */
    readonly op: string;
    readonly inputs: readonly number[];
    readonly outputs: readonly number[];
  }[];
  readonly tensors: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    /** `TensorType`; default 0, float32. */
    readonly type?: number;
    readonly raw?: Uint8Array;
    /** Default: one of its own where it has content, 0 where not. */
    readonly buffer?: number;
  }[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

export function writeTflite(model: WrittenTflite): Uint8Array {
  const builder = new Builder();
  const ints = (values: readonly number[]) => {
    builder.startVector(4, values.length, 4);
    for (const value of [...values].reverse()) builder.addInt32(value);
    return builder.endVector();
  };
  const offsets = (values: readonly number[]) => {
    builder.startVector(4, values.length, 4);
    for (const value of [...values].reverse()) builder.addOffset(value);
    return builder.endVector();
  };
  const table = (slots: number, fields: readonly (() => void)[]) => {
    builder.startObject(slots);
    for (const add of fields) add();
    return builder.endObject();
  };
  const offset = (slot: number, at: number) => () => builder.addFieldOffset(slot, at, 0);
  const int = (slot: number, value: number) => () => builder.addFieldInt32(slot, value, 0);
  const byte = (slot: number, value: number) => () => builder.addFieldInt8(slot, value, 0);

  const buffers = [table(1, [])];
  const tensors = model.tensors.map(({ name, shape, type = 0, raw, buffer }) => {
    if (raw !== undefined) {
      const content = builder.createByteVector(raw);
      buffers.push(table(1, [offset(0, content)]));
    }
    const own = raw === undefined ? 0 : buffers.length - 1;
    const [sides, text] = [ints(shape), builder.createString(name)];
    return table(4, [offset(0, sides), byte(1, type), int(2, buffer ?? own), offset(3, text)]);
  });
  const codes = model.nodes.map(({ op }) => {
    const code = BUILTIN_OPERATORS.indexOf(op);
    if (code >= 0) return table(4, [byte(0, Math.min(code, 127)), int(3, code)]);
    const text = builder.createString(op);
    return table(4, [byte(0, 32), offset(1, text), int(3, 32)]);
  });
  const nodes = model.nodes.map(({ inputs, outputs }, i) => {
    const [from, to] = [ints(inputs), ints(outputs)];
    return table(3, [int(0, i), offset(1, from), offset(2, to)]);
  });
  const parts = [offsets(tensors), ints(model.inputs), ints(model.outputs), offsets(nodes)];
  const graph = table(
    4,
    parts.map((at, slot) => offset(slot, at)),
  );
  const [operators, graphs, contents] = [codes, [graph], buffers].map(offsets);
  const root = table(5, [
    int(0, model.version ?? 3),
    offset(1, operators),
    offset(2, graphs),
    offset(4, contents),
  ]);
  builder.finish(root, 'TFL3');
  return builder.asUint8Array();
}
