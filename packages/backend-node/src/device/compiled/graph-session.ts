import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Source } from './kernel-trace';
import type { NativeKernels } from './native-kernels';
import { type Graph, savedModel, TAG, tensorName } from './saved-model';

/** A graph that TensorFlow has read. It makes it ready, and draws operations into one, in the first run. */
export class GraphSession {
  readonly #native: NativeKernels;
  readonly #id: number;
  readonly #inputs: readonly { readonly name: string }[];
  readonly #fetches: readonly string[];

  /**
   * @param fetches the results
   * @throws Error the folder for temporary files cannot be written, or TensorFlow refuses the graph
   */
  constructor(native: NativeKernels, graph: Graph, fetches: readonly Source[]) {
    this.#native = native;
    this.#inputs = graph.inputs.map((_, input) => ({ name: tensorName({ input }) }));
    this.#fetches = fetches.map(tensorName);
    // tfjs-node reads graphs from folders alone. Nothing of it is needed once it is read.
    const folder = mkdtempSync(join(tmpdir(), 'latent-matte-graph-'));
    try {
      writeFileSync(join(folder, 'saved_model.pb'), savedModel(native, graph));
      this.#id = native.loadSavedModelMetaGraph(folder, TAG);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  /** @returns one tensor per fetch, owned by the caller */
  run(inputs: readonly Tensor[]): Tensor[] {
    return this.#native.runSavedModel(this.#id, inputs, this.#inputs, this.#fetches);
  }

  dispose(): void {
    this.#native.deleteSavedModel(this.#id);
  }
}
