/**
 * Why WebGPU cannot be had, as a sentence for a person, or `undefined` where a graphics card answers. The SDK makes the
 * same decision for the device `auto`; this is only to say it beforehand.
 */
export async function whyNoWebgpu(): Promise<string | undefined> {
  if (!globalThis.isSecureContext) {
    return 'WebGPU needs a page served over https, or from localhost.';
  }
  if (navigator.gpu === undefined) {
    return 'This browser has no WebGPU. Chrome and Edge from 113, Safari from 26 and Firefox from 141 on Windows do.';
  }
  // Some browsers have the interface and refuse the adapter by an exception.
  const adapter = await navigator.gpu.requestAdapter().catch(() => null);
  if (adapter === null) {
    return 'This browser has WebGPU, but no graphics card for it: none is there, or its driver is blocked.';
  }
  const info = (adapter as { info?: { isFallbackAdapter?: boolean } }).info;
  if (info?.isFallbackAdapter === true) {
    return 'WebGPU is only emulated on the processor here, which is slower than WebAssembly.';
  }
  return undefined;
}
