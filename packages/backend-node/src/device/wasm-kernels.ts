// A file of its own in what is published, with the kernels in it: of their package's 24 MB, with that of its own kernels, 2 are
// ever loaded. CommonJS, as the package is in Node.
export {
  BackendWasm,
  getThreadsCount,
  setThreadsCount,
  setWasmPaths,
} from '@tensorflow/tfjs-backend-wasm';
