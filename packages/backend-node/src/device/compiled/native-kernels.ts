import type { backend_util, Tensor, TensorInfo } from '@tensorflow/tfjs-core';

/** An attribute of a kernel, as tfjs-node hands it to TensorFlow: a value, or a list of them. */
export interface KernelAttribute {
  readonly name: string;
  /** One of the `TF_ATTR_…` of {@link NativeKernels.binding}. */
  readonly type: number;
  readonly value: AttributeValue | readonly AttributeValue[];
}

type AttributeValue = number | boolean | string;

/** What tfjs-node gives TensorFlow in place of a tensor where it wants a 64-bit number: low half, high half. */
export interface LongScalar {
  readonly valueArray: Int32Array;
}

type KernelInput = TensorInfo | LongScalar;

/** What is used here of tfjs-node's backend. */
export interface NativeKernels {
  readonly isUsingGpuDevice: boolean;
  readonly binding: Readonly<
    Record<`TF_ATTR_${'TYPE' | 'INT' | 'FLOAT' | 'BOOL' | 'STRING' | 'SHAPE'}`, number>
  > & { executeOp(...args: unknown[]): unknown };
  /** `dtype` is TensorFlow's number. */
  readonly tensorMap: { get(dataId: TensorInfo['dataId']): { readonly dtype: number } };
  executeSingleOutput(
    name: string,
    attributes: readonly KernelAttribute[],
    inputs: readonly KernelInput[],
  ): Tensor;
  executeMultipleOutputs(
    name: string,
    attributes: readonly KernelAttribute[],
    inputs: readonly KernelInput[],
    count: number,
  ): Tensor[];
  readSync(dataId: TensorInfo['dataId']): backend_util.BackendValues;
  loadSavedModelMetaGraph(folder: string, tags: string): number;
  runSavedModel(
    id: number,
    inputs: readonly Tensor[],
    infos: readonly { readonly name: string }[],
    outputs: readonly string[],
  ): Tensor[];
  deleteSavedModel(id: number): void;
}
