import { loadMediapipeSelfieMatting, loadMediapipeSelfieTrimap } from '../mediapipe';
import type { FileEntry } from './entry';

// Sizes and hashes are of copies that were run here. The revisions are those in which these files stand; a file that
// differs is refused, wherever it came from.

const portraits = 'https://github.com/anilsathyan7/Portrait-Segmentation';
const rvm = '72ed518756950796f10eea6eb6b301df97cef277';
const deeplab = 'f7063b1017e83591712b7a216478fcd5f2b2eaa1';
const prisma = '680f09df2ed6d11e2d10bdf62a45c4e79a15cfb6';
const mediapipe = '0.1.1675465747';
const raw = 'https://raw.githubusercontent.com';

/** Networks that find people, as files of other programs: `latent-matte models add ID` fetches them. */
export const peopleNetworks: readonly FileEntry[] = [
  {
    id: 'rvm',
    weights: 'file',
    kind: 'matting',
    description: 'Robust Video Matting, MobileNetV3, 8-bit weights: true alpha, good hair',
    license: 'GPL-3.0',
    capabilities: { gradient: true },
    source: 'https://github.com/PeterL1n/RobustVideoMatting',
    revision: rvm,
    format: 'graph-model',
    files: [
      {
        name: 'model.json',
        url: `${raw}/PeterL1n/RobustVideoMatting/${rvm}/model/model.json`,
        size: 626_575,
        sha256: 'de775ec299d64361c26b643c72800da6f7b949fc0f16b56545d8145b92d2decf',
      },
      {
        name: 'group1-shard1of1.bin',
        url: `${raw}/PeterL1n/RobustVideoMatting/${rvm}/model/group1-shard1of1.bin`,
        size: 3_739_355,
        sha256: '64cf47fe743d510c2e1c5114af76c994d67e342a94bbc51a6ef9eaffbf4c8f90',
      },
    ],
    roles: {
      matting: {
        kind: 'matting',
        input: { name: 'src', size: { multipleOf: 16 } },
        output: { name: 'pha' },
      },
    },
    constants: { r1i: 0, r2i: 0, r3i: 0, r4i: 0, downsample_ratio: 1 },
  },
  {
    id: 'sinet',
    weights: 'file',
    kind: 'matting',
    description: 'SINet, portrait segmentation with 0.09 M parameters at 320²',
    license: 'MIT (NAVER)',
    capabilities: { gradient: true },
    source: 'https://github.com/clovaai/ext_portrait_segmentation',
    revision: '5ebd2d6d2f1270483f8ddae97641a893f7d1af67',
    format: 'onnx',
    files: [
      {
        // An export of result/SINet/SINet.pth with a softmax, which is at no address of its own.
        name: 'SINet_Softmax.onnx',
        size: 438_815,
        sha256: '932c83e0013e07bbe597fe0007ba5ae6add3fbb6413ca5b81f18b2d410ac7259',
      },
    ],
    roles: segmenter(
      // (255 x − m) / s / 255 of the authors' code.
      { colors: 'bgr', mean: [0.421, 0.454, 0.519], std: [63.97, 65.13, 68.3] },
      { values: 'probabilities', channel: 1 },
    ),
  },
  {
    id: 'prisma-net',
    weights: 'file',
    kind: 'matting',
    description: 'prisma-net, portrait segmentation at 256²',
    license: 'MIT',
    capabilities: { gradient: true },
    source: portraits,
    revision: prisma,
    format: 'onnx',
    files: [
      {
        name: 'prisma_nchw.onnx',
        url: `${raw}/anilsathyan7/Portrait-Segmentation/${prisma}/models/prisma_seg/prisma_nchw.onnx`,
        size: 3_730_400,
        sha256: 'aeef118740b74a908886f247457c9866b5c002769eda4bb901f049dc7821b1c0',
      },
    ],
    roles: segmenter({}, { values: 'probabilities', channel: 0 }),
  },
  {
    id: 'deeplab-person',
    weights: 'file',
    kind: 'matting',
    description: 'DeepLabV3+, MobileNetV2 of half width: person segmentation at 513²',
    license: 'MIT',
    capabilities: { gradient: true },
    source: portraits,
    revision: deeplab,
    format: 'onnx',
    files: [
      {
        name: 'deeplab_nchw.onnx',
        url: `${raw}/anilsathyan7/Portrait-Segmentation/${deeplab}/models/deeplab_dm05_513/deeplab_nchw.onnx`,
        size: 3_442_483,
        sha256: '92ca50e4b49eafd530abbe6ff397e288dc9e8ce4570d08550d373f3d7d62a27d',
      },
    ],
    roles: segmenter({ range: [-1, 1] }, { values: 'logits', channel: 1 }),
  },
  {
    id: 'mediapipe-selfie',
    weights: 'file',
    kind: 'matting',
    description: 'MediaPipe selfie segmentation at 256², 0.25 MB',
    license: 'Apache-2.0',
    capabilities: { gradient: true },
    source: 'https://www.npmjs.com/package/@mediapipe/selfie_segmentation',
    revision: mediapipe,
    format: 'tflite',
    files: [
      {
        name: 'selfie_segmentation.tflite',
        url: `https://cdn.jsdelivr.net/npm/@mediapipe/selfie_segmentation@${mediapipe}/selfie_segmentation.tflite`,
        size: 249_024,
        sha256: '8d13b7fae74af625c641226813616a2117bd6bca19eb3b75574621fc08557f27',
      },
    ],
    roles: segmenter({ size: { fixed: [256, 256] } }, { values: 'probabilities', channel: 0 }),
    load: (role) =>
      role === 'trimap' ? loadMediapipeSelfieTrimap() : loadMediapipeSelfieMatting(),
  },
];

/** A segmenter is a matte without hair, and a trimap where it is in doubt. */
function segmenter(
  input: NonNullable<FileEntry['roles']['matting']>['input'],
  { values, channel }: { values: 'logits' | 'probabilities'; channel: number },
): FileEntry['roles'] {
  const softmax = values === 'logits' && { activation: 'softmax' as const };
  return {
    matting: { kind: 'matting', input, output: { channel, ...softmax } },
    trimap: { kind: 'trimap', input, output: { values, person: { channel } } },
  };
}
