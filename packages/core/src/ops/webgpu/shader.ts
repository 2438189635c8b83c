import { type TensorInfo, util } from '@tensorflow/tfjs-core';

/** What we use of tfjs's WebGPU backend. */
export interface WebgpuBackend {
  makeTensorInfo(shape: number[], dtype: 'float32', values?: Float32Array): TensorInfo;
  disposeData(dataId: TensorInfo['dataId'], force?: boolean): boolean;
  runWebGPUProgram(
    program: object,
    inputs: TensorInfo[],
    dtype: 'float32',
    uniforms?: readonly { readonly type: 'int32' | 'float32'; readonly data: number[] }[],
  ): TensorInfo;
  /** `values` without a `resource`: still on this side. */
  readonly tensorMap: {
    get(id: TensorInfo['dataId']): { readonly values?: unknown; readonly resource?: unknown };
  };
}

/** A compute shader in WGSL, wrapped as tfjs's own programs are. */
export interface Shader {
  /** Two shaders of one key are the same code. */
  readonly key: string;
  /** Buffers that it reads, in order. */
  readonly reads: readonly string[];
  /** Of each buffer, values in an element: 4 = `vec4<f32>`. */
  readonly widths: readonly (1 | 4)[];
  /** Values in an element of `result`, the buffer that it writes. */
  readonly width: 1 | 4;
  readonly integers?: readonly string[];
  readonly numbers?: readonly string[];
  /** Threads that work together. Default 64. */
  readonly group?: number;
  /** How many groups. Default: one thread for each element of the result. */
  readonly groups?: number;
  /** Body of `main(index)`; `uniforms.size` is the number of elements of the result, `T` the type of one. */
  readonly body: string;
  /** Declarations before `main`. */
  readonly before?: string;
}

/** As {@link Shader} `integers` and `numbers` name them. */
export type Uniforms = Readonly<Record<string, number>>;

/** 4 where every number can be read and written in fours. */
export const widthFor = (...sizes: readonly number[]): 1 | 4 =>
  sizes.every((size) => size % 4 === 0) ? 4 : 1;

/**
 * Runs a shader: one dispatch. Buffers are seen as flat, so that one pipeline serves all shapes.
 *
 * @returns a tensor of `shape`, owned by the caller as results of kernels are
 */
export function runShader(
  backend: WebgpuBackend,
  shader: Shader,
  inputs: readonly TensorInfo[],
  shape: readonly number[],
  uniforms: Uniforms = {},
): TensorInfo {
  const { width, group = 64, integers = [], numbers = [] } = shader;
  const size = util.sizeFromShape([...shape]);
  const elements = size / width;
  const program = {
    variableNames: [...shader.reads],
    variableComponents: [...shader.widths],
    outputComponent: width,
    outputShape: [size],
    uniforms: [
      ...integers.map((name) => `${name} : i32, `),
      ...numbers.map((name) => `${name} : f32, `),
    ].join(''),
    workgroupSize: [group, 1, 1],
    dispatchLayout: { x: [0] },
    dispatch: [shader.groups ?? Math.ceil(elements / group), 1, 1],
    shaderKey: `latentMatte_${shader.key}_${width}_${shader.widths.join('')}_${group}`,
    size: true,
    getUserCode: () => `
      alias T = ${width === 4 ? 'vec4<f32>' : 'f32'};
      ${shader.before ?? ''}
      fn main(index : i32) {
        ${shader.body}
      }`,
  };
  const result = backend.runWebGPUProgram(
    program,
    inputs.map((input) => ({ ...input, shape: [util.sizeFromShape(input.shape)] })),
    'float32',
    [
      ...integers.map((name) => ({ type: 'int32' as const, data: [uniforms[name] ?? 0] })),
      ...numbers.map((name) => ({ type: 'float32' as const, data: [uniforms[name] ?? 0] })),
    ],
  );
  return { ...result, shape: [...shape] };
}
