/// <reference types="vite/client" />
/** Registers every test of the op layer here, on WebGPU (see `each-backend.ts`). */
import.meta.glob(
  [
    '../../packages/core/src/ops/**/*.test.ts',
    // Starts processes of Node.
    '!../../packages/core/src/ops/**/several-copies.test.ts',
    // Compares WebGPU with the processor, of which there is one alone here.
    '!../../packages/core/src/ops/webgpu/shaders.test.ts',
  ],
  { eager: true },
);
