import * as tf from '@tensorflow/tfjs-core';

/**
 * The minibatch statistic of the discriminator: the standard deviation over a group of pictures, √(variance + 1e-8),
 * averaged over features and pixels, as one more feature map. For a group of one it is the constant 1e-4.
 *
 * Groups are strided as in both PyTorch versions: of N pictures in groups of g, picture i is in group i mod N/g.
 *
 * @param x `[N, H, W, C]`
 * @param groupSize at most so many pictures form a group; the largest divisor of N that fits is used
 * @returns `[N, H, W, C + 1]`, the statistic last
 */
export function withMinibatchDeviation(x: tf.Tensor4D, groupSize: number): tf.Tensor4D {
  return tf.tidy(() => {
    const [n, height, width, channels] = x.shape;
    let size = Math.min(groupSize, n);
    while (n % size !== 0) size--;
    const groups = n / size;
    const members = tf.reshape(x, [size, groups, height, width, channels]);
    const centered = tf.sub(members, tf.mean(members, 0, true));
    const deviation = tf.sqrt(tf.add(tf.mean(tf.square(centered), 0), 1e-8));
    const statistic = tf.reshape(tf.mean(deviation, [1, 2, 3]), [1, groups, 1, 1, 1]);
    // By multiplication: tfjs cannot differentiate a tile of five dimensions.
    const map = tf.mul(statistic, tf.ones([size, 1, height, width, 1]));
    return tf.concat([x, tf.reshape(map, [n, height, width, 1])], 3) as tf.Tensor4D;
  });
}
