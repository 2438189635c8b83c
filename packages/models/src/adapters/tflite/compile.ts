import { LatentMatteError, ModelOutputError } from '@latent-matte/core';
import { type CompiledGraph, compileGraph, type OperatorSet } from '../onnx/compile-graph';
import type { Operator } from '../onnx/operator';
import { reductions } from '../onnx/reductions';
import { convolutions } from './convolutions';
import { elementwise } from './elementwise';
import { fuseActivations } from './fuse-activations';
import { movement } from './movement';
import { pooling } from './pooling';
import { products } from './products';
import type { TfliteModel } from './read-tflite';
import { slicing } from './slicing';

const known: Readonly<Record<string, Operator>> = {
  ...convolutions,
  ...pooling,
  ...elementwise,
  ...movement,
  ...slicing,
  ...products,
  SUM: reductions.ReduceSum,
  REDUCE_MAX: reductions.ReduceMax,
  REDUCE_MIN: reductions.ReduceMin,
  REDUCE_PROD: reductions.ReduceProd,
};

/** What tfjs throws, about shapes mostly, becomes an error that names the node. */
const named =
  (operator: Operator): Operator =>
  (node, tools) => {
    const step = operator(node, tools);
    return (inputs) => {
      try {
        return step(inputs);
      } catch (error) {
        if (LatentMatteError.isInstance(error) || !(error instanceof Error)) throw error;
        throw new ModelOutputError(
          `The node "${node.name}" (${node.op}) cannot be run: ${error.message}`,
          'Give the model pictures of the size that it was made for (input.size).',
        );
      }
    };
  };

const operators: OperatorSet['operators'] = Object.fromEntries(
  Object.entries(known).map(([op, operator]) => [op, named(operator)]),
);

const readAtLoad: OperatorSet['readAtLoad'] = {
  CONV_2D: [1, 2],
  DEPTHWISE_CONV_2D: [1, 2],
  TRANSPOSE_CONV: [1, 3],
  Convolution2DTransposeBias: [1, 2],
};

/** The operators that `fromTflite` knows, sorted. */
export const tfliteOperators: readonly string[] = [...Object.keys(known), 'DEQUANTIZE'].sort();

/**
 * Prepares the part of a graph that an output needs.
 *
 * @param output any tensor of the graph
 * @throws WeightFormatError as `compileGraph`
 */
export function compileTflite(model: TfliteModel, output: string): CompiledGraph {
  const nodes = fuseActivations(model.nodes, output);
  return compileGraph({ ...model, nodes }, [output], { operators, readAtLoad });
}
