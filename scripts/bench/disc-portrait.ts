/** A disc on a plain background, in the shape of a portrait. */
export function discPortrait(size: number) {
  const data = new Float32Array(size * size * 3);
  const center = size / 2;
  for (let i = 0; i < size * size; i++) {
    const inside = Math.hypot((i % size) - center, Math.floor(i / size) - center) < size / 3;
    data.set(inside ? [0.8, 0.6, 0.5] : [0.2, 0.4, 0.3], i * 3);
  }
  return { width: size, height: size, channels: 3 as const, data };
}
