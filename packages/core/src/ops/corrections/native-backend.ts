import type { backend_util, DataType, TensorInfo } from '@tensorflow/tfjs-core';

/** What we use of tfjs-node's backend. */
export interface NativeBackend {
  /** Numbers by which TensorFlow knows types. */
  readonly binding: Readonly<Record<'TF_ATTR_TYPE' | 'TF_ATTR_BOOL' | 'TF_FLOAT', number>>;
  /** Runs a kernel of TensorFlow. */
  executeSingleOutput(
    name: string,
    attributes: readonly object[],
    inputs: readonly TensorInfo[],
  ): TensorInfo;
  /** One more tensor that shares the memory. */
  incRef(dataId: TensorInfo['dataId']): void;
  disposeData(dataId: TensorInfo['dataId']): void;
  readSync(dataId: TensorInfo['dataId']): backend_util.TypedArray;
  write(values: Float32Array, shape: number[], dtype: DataType): TensorInfo['dataId'];
}
