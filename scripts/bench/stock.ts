import * as tf from '@tensorflow/tfjs-core';

/** Under this name `installCorrections` keeps what it replaced. */
const replaced = Symbol.for('latent-matte.correction');

/** Those that have a working rule of tfjs to be compared with. */
const gradients = ['Conv2D', 'DepthwiseConv2dNative', 'ResizeBilinear', 'MirrorPad'];

/** Runs something with the gradients of tfjs as they are without our corrections. */
export function withStockGradients<T>(run: () => T): T {
  const ours = gradients.map((name) => tf.getGradient(name));
  const put = (config: tf.GradConfig): void => {
    tf.unregisterGradient(config.kernelName);
    tf.registerGradient(config);
  };
  for (const config of ours) {
    const stock = (config as unknown as Record<symbol, tf.GradConfig | undefined>)[replaced];
    if (stock !== undefined) put(stock);
  }
  try {
    return run();
  } finally {
    ours.forEach(put);
  }
}
