import * as tf from '@tensorflow/tfjs-core';

/** The kernels of the kit are a file of their own, which takes the tfjs-core of the program from here: see pack.mjs. */
export function shareTfjs(): void {
  Object.assign(globalThis, { [Symbol.for('latent-matte.tfjs-core')]: tf });
}
