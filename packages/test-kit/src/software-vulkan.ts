import { existsSync } from 'node:fs';

/** Where Debian's package `chromium` keeps its Vulkan loader and software driver. */
const folder = '/usr/lib/chromium';

/** Keeps a library in the process after `dlopen` failed to find a Node module in it. */
const RTLD_NODELETE = 0x1000;
const RTLD_NOW = 2;

/**
 * Lets Dawn find SwiftShader, Chromium's Vulkan driver for machines without a GPU. Before Dawn is loaded; does
 * nothing where the machine names a driver of its own, or has no Chromium.
 */
export function offerSoftwareVulkan(): void {
  const driver = `${folder}/vk_swiftshader_icd.json`;
  if (process.env.VK_ICD_FILENAMES !== undefined || !existsSync(driver)) return;
  if (existsSync('/dev/dri') || existsSync('/dev/nvidia0')) return;
  process.env.VK_ICD_FILENAMES = driver;
  // Too late for this process, but it tells `activateWebgpu` that there is a loader.
  process.env.LD_LIBRARY_PATH = [folder, process.env.LD_LIBRARY_PATH].filter(Boolean).join(':');
  try {
    // Dawn asks the system for libvulkan.so.1; what is loaded already is found by its name.
    process.dlopen({ exports: {} }, `${folder}/libvulkan.so.1`, RTLD_NOW | RTLD_NODELETE);
  } catch {
    // Always: it is no Node module. Without it Dawn looks in the system, and says what it misses.
  }
}
