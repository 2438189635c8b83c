import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { compileFunction } from 'node:vm';
import { Worker } from 'node:worker_threads';
import { BackendError } from '@latent-matte/core';

const NAME = 'tfjs-backend-wasm-threaded-simd';

/** The files of tfjs's threaded build. */
export interface ThreadedFiles {
  /** What Emscripten made: run here, and again in every thread. */
  readonly main: string;
  /** A module whose `wasmWorkerContents` is the script of a thread. */
  readonly worker: string;
  readonly binary: string;
}

/** The files beside the binaries in `folder`, as this package is published, or in the package of tfjs. */
export function threadedFiles(folder: string): ThreadedFiles | undefined {
  const places: ThreadedFiles[] = [
    {
      main: join(folder, `${NAME}.cjs`),
      worker: join(folder, `${NAME}.worker.cjs`),
      binary: join(folder, `${NAME}.wasm`),
    },
    {
      main: join(folder, `../wasm-out/${NAME}.js`),
      worker: join(folder, `../wasm-out/${NAME}.worker.js`),
      binary: join(folder, `${NAME}.wasm`),
    },
  ];
  return places.find((files) => Object.values(files).every((file) => existsSync(file)));
}

/** What tfjs's backend takes as its module; the rest of it is Emscripten's. */
export interface WasmModule {
  cwrap(name: string, returns: 'number' | null, takes: readonly 'number'[]): unknown;
  tfjs?: Record<string, unknown>;
}

/** tfjs's threaded build, started. */
export interface ThreadedWasm {
  readonly module: WasmModule;
  /** Ends its threads; the module must not be asked any more. */
  end(): void;
}

/**
 * Loads tfjs's threaded build in Node. Its own loader cannot: it hands threads the source of a function, which has lost
 * the variables around it, as a blob, which is no script for Node.
 *
 * The main script runs with its own `require`, `global` and `Worker`: Emscripten would put `Worker` into the globals of the
 * application, start eight threads whatever is asked for, and halve the number of cores.
 *
 * @param threads ≥ 2, with the one that calls
 */
export async function loadThreadedWasm(
  { main, worker, binary }: ThreadedFiles,
  threads: number,
): Promise<ThreadedWasm> {
  const ownRequire = createRequire(import.meta.url);
  const { wasmWorkerContents } = ownRequire(worker) as { wasmWorkerContents: string };
  // tfjs keeps it in a template literal, where `\n` has become a line break inside of strings.
  const script = wasmWorkerContents.replaceAll('\n', '\\n');
  const started: Worker[] = [];
  class Thread extends Worker {
    constructor() {
      super(script, { eval: true, execArgv: [], env: process.env });
      started.push(this);
    }

    /** Emscripten lets a thread keep the process alive for as long as it runs, and these run to the end. */
    override ref(): void {}
  }
  const os = { cpus: () => ({ length: 2 * threads }) };
  const provide = (name: string): unknown => (name === 'os' ? os : ownRequire(name));
  const source = readFileSync(main, 'utf8');
  const poolSize = 'pthreadPoolSize=8';
  if (!source.includes(poolSize)) {
    throw new BackendError(
      `${main} is not that of tfjs 4.22.0.`,
      'Install @tensorflow/tfjs-backend-wasm 4.22.0, or leave threads out.',
    );
  }
  const exported: { exports: unknown } = { exports: {} };
  compileFunction(
    source.replace(poolSize, `pthreadPoolSize=${threads - 1}`),
    ['module', 'exports', 'require', 'global', 'Worker', '__filename', '__dirname'],
    { filename: main },
  )(exported, exported.exports, provide, {}, Thread, main, dirname(main));
  const factory = exported.exports as (options: object) => Promise<WasmModule>;
  const module = await factory({
    locateFile: (file: string) => (file.endsWith('.wasm') ? binary : file),
    mainScriptUrlOrBlob: main,
  });
  module.tfjs = {
    init: module.cwrap('init', null, []),
    initWithThreadsCount: module.cwrap('init_with_threads_count', null, ['number']),
    getThreadsCount: module.cwrap('get_threads_count', 'number', []),
    registerTensor: module.cwrap('register_tensor', null, ['number', 'number', 'number']),
    disposeData: module.cwrap('dispose_data', null, ['number']),
    dispose: module.cwrap('dispose', null, []),
  };
  return {
    module,
    end() {
      for (const thread of started) void thread.terminate();
    },
  };
}
