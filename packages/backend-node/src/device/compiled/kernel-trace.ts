import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import type { KernelAttribute, LongScalar, NativeKernels } from './native-kernels';

/** Where a kernel's input comes from. */
export type Source = KernelOutput | { readonly input: number } | { readonly constant: number };

export interface KernelOutput {
  readonly kernel: number;
  readonly output: number;
}

/** One call of a kernel of TensorFlow. */
export interface TracedKernel {
  readonly name: string;
  readonly attributes: readonly KernelAttribute[];
  readonly inputs: readonly Source[];
  readonly outputs: readonly TypedShape[];
}

export interface TypedShape {
  /** TensorFlow's number of the type. */
  readonly type: number;
  readonly shape: readonly number[];
}

/** A tensor that was there before, or was made of plain numbers. */
export interface TracedConstant extends TypedShape {
  /** Row-major, little-endian. */
  readonly bytes: Uint8Array;
}

/** A function is not the same kernels for all values, or too large. Not an error: it is run as it is. */
export class NotOneGraph extends Error {}

/** TensorFlow's numbers of the types of constants. */
const FLOAT = 1;
const INT32 = 3;
const INT64 = 9;
const BOOL = 10;

/** A graph holds its constants once more, beside the tensors. */
const MOST_CONSTANT_BYTES = 2 ** 26;

/**
 * Which kernels of TensorFlow a function runs, in their order, and which tensor goes where: all that goes through
 * tfjs-node's backend is listened to. What a function works out of plain numbers is a constant; one that reads a tensor
 * which hangs on its inputs is refused, since its numbers would be those of one picture.
 */
export class KernelTrace {
  readonly kernels: TracedKernel[] = [];
  readonly constants: TracedConstant[] = [];
  readonly inputs: TypedShape[] = [];
  readonly #native: NativeKernels;
  readonly #sources = new Map<TensorInfo['dataId'], Source>();
  /** Small constants by what they are. */
  readonly #numbers = new Map<string, Source>();
  #constantBytes = 0;

  constructor(native: NativeKernels) {
    this.#native = native;
  }

  /** Takes a tensor for one that will be another one next time. */
  addInput(tensor: Tensor): Source {
    const input: Source = { input: this.inputs.push(typedShape(this.#native, tensor)) - 1 };
    this.#sources.set(tensor.dataId, input);
    return input;
  }

  /** Where a tensor comes from; undefined where no traced kernel made it and it is no input. */
  sourceOf({ dataId }: TensorInfo): Source | undefined {
    return this.#sources.get(dataId);
  }

  /** @throws NotOneGraph, and what `run` throws */
  record<T>(run: () => T): T {
    const native = this.#native;
    const { binding, executeSingleOutput, executeMultipleOutputs, readSync } = native;
    let calls = 0;
    const started = this.kernels.length;
    Object.assign(native, {
      executeSingleOutput: (...call: Parameters<NativeKernels['executeSingleOutput']>) => {
        const inputs = this.#inputsOf(call[2]);
        const output = executeSingleOutput.apply(native, call);
        this.#add(call[0], call[1], inputs, [output]);
        return output;
      },
      executeMultipleOutputs: (...call: Parameters<NativeKernels['executeMultipleOutputs']>) => {
        const inputs = this.#inputsOf(call[2]);
        const outputs = executeMultipleOutputs.apply(native, call);
        this.#add(call[0], call[1], inputs, outputs);
        return outputs;
      },
      readSync: (dataId: TensorInfo['dataId']) => {
        const source = this.#sources.get(dataId);
        if (source !== undefined && !('constant' in source)) {
          throw new NotOneGraph('it reads what it computed');
        }
        return readSync.call(native, dataId);
      },
      // Its own functions cannot be replaced.
      binding: Object.create(binding, {
        executeOp: {
          value: (...call: unknown[]) => {
            calls++;
            return binding.executeOp(...call);
          },
        },
      }),
    });
    try {
      const result = run();
      if (calls !== this.kernels.length - started) {
        throw new NotOneGraph('some of its kernels do not go through the backend');
      }
      return result;
    } finally {
      Object.assign(native, { binding, executeSingleOutput, executeMultipleOutputs, readSync });
    }
  }

  #add(
    name: string,
    attributes: readonly KernelAttribute[],
    inputs: readonly Source[],
    outputs: readonly Tensor[],
  ): void {
    const kernel = this.kernels.length;
    for (const [output, { dataId }] of outputs.entries()) {
      this.#sources.set(dataId, { kernel, output });
    }
    this.kernels.push({
      name,
      attributes,
      inputs,
      outputs: outputs.map((output) => typedShape(this.#native, output)),
    });
  }

  /** Before the kernel runs: afterwards it may have been freed. */
  #inputsOf(inputs: readonly (TensorInfo | LongScalar)[]): Source[] {
    return inputs.map((input) => {
      if ('valueArray' in input) {
        const { buffer, byteOffset, byteLength } = input.valueArray;
        const bytes = new Uint8Array(buffer, byteOffset, byteLength).slice();
        return this.#constant({ type: INT64, shape: [], bytes });
      }
      const known = this.#sources.get(input.dataId);
      if (known !== undefined) return known;
      const made = this.#constant(this.#valuesOf(input));
      this.#sources.set(input.dataId, made);
      return made;
    });
  }

  #valuesOf({ dataId, shape }: Pick<TensorInfo, 'dataId' | 'shape'>): TracedConstant {
    const { type } = typedShape(this.#native, { dataId, shape });
    const values = this.#native.readSync(dataId);
    if (type === BOOL) return { type, shape, bytes: Uint8Array.from(values as Uint8Array) };
    if (type !== FLOAT && type !== INT32) throw new NotOneGraph(`a constant of type ${type}`);
    const { buffer, byteOffset, byteLength } = values as Float32Array;
    // A copy: what was made of plain numbers may be the caller's memory.
    return { type, shape, bytes: new Uint8Array(buffer, byteOffset, byteLength).slice() };
  }

  #constant(constant: TracedConstant): Source {
    const { type, shape, bytes } = constant;
    // The same few numbers come again and again: factors, shapes.
    const key = bytes.byteLength <= 64 ? `${type} ${shape}: ${bytes}` : undefined;
    const known = key === undefined ? undefined : this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#constantBytes += bytes.byteLength;
    if (this.#constantBytes > MOST_CONSTANT_BYTES) throw new NotOneGraph('its weights are large');
    const made: Source = { constant: this.constants.push(constant) - 1 };
    if (key !== undefined) this.#numbers.set(key, made);
    return made;
  }
}

const typedShape = (
  native: NativeKernels,
  { dataId, shape }: Pick<TensorInfo, 'dataId' | 'shape'>,
): TypedShape => ({ type: native.tensorMap.get(dataId).dtype, shape });
