// As wasm-kernels: registers the kernels in plain JavaScript.
import '@tensorflow/tfjs-backend-cpu';
