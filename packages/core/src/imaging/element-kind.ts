/** Arrays a picture may have. */
export const elementArrays = { Float32Array, Uint8Array, Uint8ClampedArray, Uint16Array } as const;

export type ElementKind = keyof typeof elementArrays;

/**
 * What a picture's numbers are, whatever realm made the array (a frame, `vm`, Jest: `instanceof` says no there);
 * a Node `Buffer` is a `Uint8Array`. Undefined for what no picture has.
 */
export function elementKind(data: unknown): ElementKind | undefined {
  if (!ArrayBuffer.isView(data)) return undefined;
  const kind = (data as Uint8Array)[Symbol.toStringTag];
  return Object.hasOwn(elementArrays, kind) ? kind : undefined;
}
