/** A tensor of a file, decoded: integers as numbers, everything else as float32. */
export interface OnnxTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly integer: boolean;
  readonly data: OnnxData;
}

/** int64 as float64: sizes are far below 2⁵³. */
export type OnnxData =
  | Float32Array
  | Float64Array
  | Int32Array
  | Int8Array
  | Uint8Array
  | readonly number[];

export type OnnxAttribute =
  | number
  | string
  | OnnxTensor
  | OnnxGraph
  | readonly number[]
  | readonly string[];

export interface OnnxNode {
  readonly name: string;
  readonly op: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, OnnxAttribute>;
}

/** An input of the graph; sides that the file leaves open are `undefined`. */
export interface OnnxInput {
  readonly name: string;
  readonly shape?: readonly (number | undefined)[];
}

export interface OnnxModel extends OnnxGraph {
  readonly opset: number;
}

export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  readonly constants: ReadonlyMap<string, OnnxTensor>;
  /** Without the weights, which old files list too. */
  readonly inputs: readonly OnnxInput[];
  readonly outputs: readonly string[];
  /** Of the body of a loop: how many values it hands from turn to turn. Inputs after them come from around it. */
  readonly carried?: number;
  /** Shapes of the outputs by name, where the file has them. */
  readonly outputShapes?: ReadonlyMap<string, readonly (number | undefined)[]>;
}
