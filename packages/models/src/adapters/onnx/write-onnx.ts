import { PbfWriter } from 'pbf';

/** For tests: the ONNX files that no exporter writes. */
export interface WrittenModel {
  readonly opset?: number;
  readonly nodes: readonly {
    readonly op: string;
    readonly inputs: readonly string[];
    readonly outputs: readonly string[];
    readonly name?: string;
    readonly domain?: string;
  }[];
  readonly weights?: readonly WrittenTensor[];
  readonly inputs?: Readonly<Record<string, readonly number[]>>;
  readonly outputs: readonly string[];
}

interface WrittenTensor {
  readonly name: string;
  readonly dims: readonly number[];
  readonly type?: number;
  readonly raw: Uint8Array;
  readonly external?: boolean;
}

export function writeOnnx({ opset = 17, nodes, weights = [], inputs = {}, outputs }: WrittenModel) {
  const writer = new PbfWriter();
  writer.writeVarintField(1, 8);
  writer.writeMessage(
    7,
    (_: unknown, graph: PbfWriter) => {
      for (const { op, inputs: from, outputs: to, name = '', domain = '' } of nodes) {
        graph.writeMessage(
          1,
          (__: unknown, node: PbfWriter) => {
            for (const input of from) node.writeStringField(1, input);
            for (const output of to) node.writeStringField(2, output);
            node.writeStringField(3, name);
            node.writeStringField(4, op);
            node.writeStringField(7, domain);
          },
          null,
        );
      }
      for (const weight of weights) graph.writeMessage(5, writeTensor, weight);
      for (const [name, shape] of Object.entries(inputs)) {
        graph.writeMessage(
          11,
          (__: unknown, input: PbfWriter) => {
            input.writeStringField(1, name);
            input.writeMessage(
              2,
              (___: unknown, type: PbfWriter) => {
                type.writeMessage(
                  1,
                  (____: unknown, tensor: PbfWriter) => {
                    tensor.writeVarintField(1, 1);
                    tensor.writeMessage(
                      2,
                      (_____: unknown, sides: PbfWriter) => {
                        for (const side of shape) {
                          sides.writeMessage(
                            1,
                            (n: number, dim: PbfWriter) => {
                              if (n > 0) dim.writeVarintField(1, n);
                            },
                            side,
                          );
                        }
                      },
                      null,
                    );
                  },
                  null,
                );
              },
              null,
            );
          },
          null,
        );
      }
      for (const name of outputs) {
        graph.writeMessage(
          12,
          (__: unknown, output: PbfWriter) => {
            output.writeStringField(1, name);
          },
          null,
        );
      }
    },
    null,
  );
  writer.writeMessage(8, (_: unknown, set: PbfWriter) => set.writeVarintField(2, opset), null);
  return writer.finish();
}

function writeTensor(
  { name, dims, type = 1, raw, external = false }: WrittenTensor,
  tensor: PbfWriter,
): void {
  tensor.writePackedVarint(1, [...dims]);
  tensor.writeVarintField(2, type);
  tensor.writeStringField(8, name);
  tensor.writeBytesField(9, raw);
  if (external) tensor.writeVarintField(14, 1);
}
