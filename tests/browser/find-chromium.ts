import { existsSync } from 'node:fs';

/** Debian's names first; `LATENT_MATTE_CHROMIUM` names another, or none with an empty value. */
const places = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** A Chromium of this machine for the tests, or `undefined`: they are skipped then. */
export function findChromium(): string | undefined {
  const named = process.env.LATENT_MATTE_CHROMIUM;
  return (named === undefined ? places : [named]).find((path) => path !== '' && existsSync(path));
}

/**
 * WebGPU on the processor, and no word to the network. Everything through SwiftShader's Vulkan: otherwise the
 * canvases that tfjs reads tensors with synchronously bring the GPU process down.
 */
export const chromiumFlags: readonly string[] = [
  '--no-sandbox',
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--use-angle=swiftshader',
  '--use-vulkan=swiftshader',
  '--enable-features=Vulkan',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-default-apps',
  '--disable-domain-reliability',
  '--disable-sync',
  '--metrics-recording-only',
  '--no-first-run',
  '--no-pings',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1, EXCLUDE [::1]',
];
