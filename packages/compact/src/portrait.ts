/** Address of the weights of the portrait network: trimap, matting and matte without a trimap. */
export const portrait = (): URL => new URL('../weights/portrait.safetensors', import.meta.url);
