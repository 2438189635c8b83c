import {
  adaptiveAveragePool,
  averagePool,
  batchNormalization,
  convolution,
  depthwiseConvolution,
  groupNormalization,
  instanceNormalization,
  maxPool,
  maxPoolWithIndices,
  maxUnpool,
  pixelShuffle,
  pixelUnshuffle,
  reflectPad,
  resize,
  softmaxOverPatches,
  transposedConvolution,
  unfold,
  upfirdn2d,
} from '@latent-matte/backend-node/ops';
import * as tf from '@tensorflow/tfjs-core';

type Op = (x: tf.Tensor4D) => tf.Tensor;

/** One of our ops, and how a program would do the same with tfjs alone. */
export interface OpCase {
  readonly name: string;
  readonly side: number;
  readonly channels: number;
  make(side: number, channels: number): { ours: Op; stock: Op; dispose: tf.Tensor[] };
  readonly note?: string;
  /** Ratio of forward+backward on wasm. */
  readonly wasmGoal?: number;
}

const filter = (shape: [number, number, number, number]): tf.Tensor4D =>
  tf.randomNormal(shape, 0, 0.1, 'float32', 2);

const convolutionCase = (
  name: string,
  side: number,
  channels: number,
  kernel: number,
  options: { stride?: number; dilation?: number },
  extra: Partial<OpCase> = {},
): OpCase => ({
  name,
  side,
  channels,
  ...extra,
  make: (_, depth) => {
    const weights = filter([kernel, kernel, depth, depth]);
    const { stride = 1, dilation = 1 } = options;
    const padding = ((kernel - 1) / 2) * dilation;
    return {
      ours: (x) => convolution(x, { filter: weights }, { ...options, padding }),
      stock: (x) =>
        stride === 1
          ? tf.conv2d(x, weights, 1, 'same', 'NHWC', dilation)
          : tf.conv2d(padded(x, padding), weights, stride, 'valid'),
      dispose: [weights],
    };
  },
});

/** PyTorch's padding, which TensorFlow's 'same' is not at stride 2. */
const padded = (x: tf.Tensor4D, by: number): tf.Tensor4D =>
  by === 0
    ? x
    : tf.pad(x, [
        [0, 0],
        [by, by],
        [by, by],
        [0, 0],
      ]);

const plain = (
  name: string,
  side: number,
  channels: number,
  ours: Op,
  stock: Op,
  note?: string,
): OpCase => ({
  name,
  side,
  channels,
  note,
  make: () => ({ ours, stock, dispose: [] }),
});

const blur = [1 / 8, 3 / 8, 3 / 8, 1 / 8];

/** The blur as StyleGAN2's tfjs ports do it: zeros by a transposed identity, then a depthwise convolution. */
const stockBlur = (x: tf.Tensor4D): tf.Tensor => {
  const taps = tf.tensor1d(blur);
  const kernel = tf.reshape(tf.outerProduct(taps, taps), [4, 4, 1, 1]);
  const full = tf.tile(kernel, [1, 1, x.shape[3], 1]) as tf.Tensor4D;
  return tf.depthwiseConv2d(
    tf.pad(x, [
      [0, 0],
      [2, 1],
      [2, 1],
      [0, 0],
    ]),
    full,
    1,
    'valid',
  );
};

const stockPatches = (x: tf.Tensor4D): tf.Tensor => {
  const [n, height, width, channels] = x.shape;
  const around = padded(x, 1);
  const parts = Array.from({ length: 9 }, (_, i) =>
    tf.slice(around, [0, Math.floor(i / 3), i % 3, 0], [n, height, width, channels]),
  );
  return tf.concat(parts, 3);
};

const stockInstance = (x: tf.Tensor4D): tf.Tensor => {
  const { mean, variance } = tf.moments(x, [1, 2], true);
  return tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-5)));
};

const stockGroup = (x: tf.Tensor4D): tf.Tensor => {
  const [n, height, width, channels] = x.shape;
  const groups = tf.reshape(x, [n, height * width, 8, channels / 8]);
  const { mean, variance } = tf.moments(groups, [1, 3], true);
  const y = tf.mul(tf.sub(groups, mean), tf.rsqrt(tf.add(variance, 1e-5)));
  return tf.reshape(y, x.shape);
};

export const cases: readonly OpCase[] = [
  convolutionCase('1×1 convolution', 128, 48, 1, {}),
  convolutionCase('3×3 convolution', 64, 64, 3, {}),
  convolutionCase('3×3 convolution', 128, 64, 3, {}, { wasmGoal: 5 }),
  convolutionCase('3×3 convolution, stride 2', 128, 64, 3, { stride: 2 }),
  convolutionCase('3×3 convolution, dilation 2', 64, 64, 3, { dilation: 2 }),
  {
    name: '3×3 transposed convolution, stride 2',
    side: 64,
    channels: 64,
    make: (side, channels) => {
      const weights = filter([3, 3, channels, channels]);
      const size: [number, number, number, number] = [1, 2 * side + 1, 2 * side + 1, channels];
      return {
        ours: (x) => transposedConvolution(x, { filter: weights }),
        stock: (x) => tf.conv2dTranspose(x, weights, size, 2, 'valid'),
        dispose: [weights],
      };
    },
  },
  {
    name: '4×4 transposed convolution, stride 2, padding 1',
    side: 64,
    channels: 64,
    make: (side, channels) => {
      const weights = filter([4, 4, channels, channels]);
      const size: [number, number, number, number] = [1, 2 * side, 2 * side, channels];
      return {
        ours: (x) => transposedConvolution(x, { filter: weights }, { padding: 1 }),
        stock: (x) => tf.conv2dTranspose(x, weights, size, 2, 'same'),
        dispose: [weights],
      };
    },
  },
  ...[1, 2].map(
    (stride): OpCase => ({
      name: `3×3 depthwise, stride ${stride}`,
      side: 128,
      channels: 48,
      make: (_, channels) => {
        const weights = filter([3, 3, channels, 1]);
        return {
          ours: (x) => depthwiseConvolution(x, { filter: weights }, { stride, padding: 1 }),
          stock: (x) => tf.depthwiseConv2d(padded(x, 1), weights, stride, 'valid'),
          dispose: [weights],
        };
      },
    }),
  ),
  plain(
    'upfirdn2d, blur of 4',
    128,
    64,
    (x) => upfirdn2d(x, blur, { padding: [2, 1, 2, 1] }),
    stockBlur,
  ),
  plain(
    'bilinear to half',
    512,
    3,
    (x) => resize(x, [x.shape[1] / 2, x.shape[2] / 2]),
    (x) => tf.image.resizeBilinear(x, [x.shape[1] / 2, x.shape[2] / 2], false, true),
    'the stock gradient is wrong',
  ),
  plain(
    'bilinear to double',
    64,
    64,
    (x) => resize(x, [x.shape[1] * 2, x.shape[2] * 2]),
    (x) => tf.image.resizeBilinear(x, [x.shape[1] * 2, x.shape[2] * 2], false, true),
    'the stock gradient is wrong',
  ),
  plain(
    'nearest to double',
    64,
    64,
    (x) => resize(x, [x.shape[1] * 2, x.shape[2] * 2], 'nearest'),
    (x) => tf.image.resizeNearestNeighbor(x, [x.shape[1] * 2, x.shape[2] * 2]),
  ),
  plain(
    'adaptive average to 1/8',
    256,
    16,
    (x) => adaptiveAveragePool(x, [x.shape[1] / 8, x.shape[2] / 8]),
    (x) => tf.avgPool(x, 8, 8, 'valid'),
  ),
  plain(
    'max-pool 2',
    128,
    64,
    (x) => maxPool(x, { size: 2 }),
    (x) => tf.maxPool(x, 2, 2, 'valid'),
  ),
  plain(
    'average-pool 2',
    128,
    64,
    (x) => averagePool(x, { size: 2 }),
    (x) => tf.avgPool(x, 2, 2, 'valid'),
  ),
  plain(
    'max-pool with indices, unpool',
    64,
    64,
    (x) => {
      const { values, indices } = maxPoolWithIndices(x);
      return maxUnpool(values, indices, [x.shape[1], x.shape[2]]);
    },
    (x) => {
      const { result, indexes } = tf.maxPoolWithArgmax(x, 2, 2, 'valid', true);
      const flat = tf.scatterND(tf.reshape(indexes, [-1, 1]), tf.reshape(result, [-1]), [x.size]);
      return tf.reshape(flat, x.shape);
    },
  ),
  {
    name: 'batch norm',
    side: 128,
    channels: 64,
    make: (_, channels) => {
      const [mean, variance]: tf.Tensor1D[] = [tf.zeros([channels]), tf.ones([channels])];
      return {
        ours: (x) => batchNormalization(x, { mean, variance, scale: variance, offset: mean }),
        stock: (x) => tf.batchNorm(x, mean, variance, mean, variance, 1e-5),
        dispose: [mean, variance],
      };
    },
  },
  plain('instance norm', 128, 64, (x) => instanceNormalization(x), stockInstance),
  plain('group norm, 8 groups', 128, 64, (x) => groupNormalization(x, { groups: 8 }), stockGroup),
  plain('unfold 3×3', 64, 64, (x) => unfold(x, { size: 3, padding: 1 }), stockPatches),
  plain(
    'softmax over patches',
    32,
    1024,
    (x) => softmaxOverPatches(x),
    (x) => tf.softmax(x),
  ),
  plain(
    'reflect pad 1',
    128,
    64,
    (x) => reflectPad(x, 1),
    (x) =>
      tf.mirrorPad(
        x,
        [
          [0, 0],
          [1, 1],
          [1, 1],
          [0, 0],
        ],
        'reflect',
      ),
    'the stock gradient is wrong',
  ),
  plain(
    'pixel shuffle',
    64,
    64,
    (x) => pixelShuffle(x),
    (x) => tf.depthToSpace(x, 2),
  ),
  plain(
    'pixel unshuffle',
    128,
    16,
    (x) => pixelUnshuffle(x),
    (x) => {
      const [n, height, width, channels] = x.shape;
      const blocks = tf.reshape(x, [n, height / 2, 2, width / 2, 2, channels]);
      const front = tf.transpose(blocks, [0, 1, 3, 2, 4, 5]);
      return tf.reshape(front, [n, height / 2, width / 2, 4 * channels]);
    },
  ),
];
