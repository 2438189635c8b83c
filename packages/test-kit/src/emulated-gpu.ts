import { existsSync } from 'node:fs';

/** Chromium brings a GPU that is emulated on the CPU (SwiftShader), and a Vulkan loader. */
const CHROMIUM = '/usr/lib/chromium';

/**
 * Environment in which a new process finds an adapter for WebGPU without a GPU; `undefined` where there is no
 * Chromium. The loader's folder counts only from the start of a process, so tests cannot do without one.
 */
export const emulatedGpu: Readonly<Record<string, string>> | undefined = existsSync(
  `${CHROMIUM}/vk_swiftshader_icd.json`,
)
  ? { VK_ICD_FILENAMES: `${CHROMIUM}/vk_swiftshader_icd.json`, LD_LIBRARY_PATH: CHROMIUM }
  : undefined;
