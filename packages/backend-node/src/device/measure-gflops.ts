import * as tf from '@tensorflow/tfjs-core';

const CHANNELS = 64;
/** A slow device gets the small picture: one convolution on it should not take seconds. */
const SMALL_SIDE = 32;
const LARGE_SIDE = 128;
/** A batch of convolutions lasts about so long: much longer than one read-back. */
const BATCH_SECONDS = 0.2;

/**
 * Speed of the active backend at a 3×3 convolution of 64 channels to 64, forward, float32: billions of operations
 * per second (a multiplication and an addition are two).
 *
 * @param seconds how long to measure, after warming up
 */
export async function measureGflops(seconds: number): Promise<number> {
  const small = await calibrate(SMALL_SIDE);
  const { side, batch } = small.batch > 1 ? await calibrate(LARGE_SIDE) : small;
  const convolutions = convolutionsOf(side);
  try {
    let done = 0;
    const start = performance.now();
    do {
      await convolutions.run(batch);
      done += batch;
    } while (performance.now() - start < seconds * 1000);
    const operations = 2 * 9 * CHANNELS ** 2 * side ** 2 * done;
    return operations / ((performance.now() - start) / 1000) / 1e9;
  } finally {
    convolutions.dispose();
  }
}

/** How many convolutions fill a batch. */
async function calibrate(side: number): Promise<{ side: number; batch: number }> {
  const convolutions = convolutionsOf(side);
  try {
    // Compiles shaders, fills buffer pools.
    await convolutions.run(1);
    for (let batch = 1; ; batch *= 2) {
      const start = performance.now();
      await convolutions.run(batch);
      if (performance.now() - start > BATCH_SECONDS * 500 || batch >= 4096) return { side, batch };
    }
  } finally {
    convolutions.dispose();
  }
}

function convolutionsOf(side: number) {
  const x = tf.randomNormal<tf.Rank.R4>([1, side, side, CHANNELS], 0, 1, 'float32', 1);
  const filter = tf.randomNormal<tf.Rank.R4>([3, 3, CHANNELS, CHANNELS], 0, 0.1, 'float32', 2);
  return {
    async run(count: number): Promise<void> {
      for (let i = 1; i < count; i++) tf.conv2d(x, filter, 1, 'same').dispose();
      const last = tf.conv2d(x, filter, 1, 'same');
      await last.data();
      last.dispose();
    },
    dispose: () => tf.dispose([x, filter]),
  };
}
