import { createAdaMatting } from '../ada-matting';
import { createDimFoamliu, createDimHuochaitiantang } from '../deep-image-matting';
import { createDeeplab } from '../deeplab';
import { createDeeplabV3Plus } from '../deeplab-v3-plus';
import { createFba } from '../fba';
import { createGca } from '../gca';
import { createIndexNet } from '../index-net';
import { createLpipsSqueeze, createLpipsVgg } from '../lpips';
import { createModnet } from '../modnet';
import { createRvm } from '../rvm';
import { createSampleNet } from '../sample-net';
import { createVgg16 } from '../vgg16';
import type { CheckpointEntry } from './entry';

/** Networks of the literature, written here over differentiable operations; their weights are their authors'. */
export const publishedNetworks: readonly CheckpointEntry[] = [
  {
    id: 'vgg16',
    weights: 'checkpoint',
    kind: 'perceptual',
    description: 'VGG16 to conv4_2, before or after its ReLU: the features of L_pp (paper Eq. 7)',
    license: 'weights: BSD-3-Clause (torchvision; trained on ImageNet)',
    capabilities: { gradient: true },
    input: 'RGB [0, 1], ImageNet mean and deviation inside; any size from 16 pixels',
    paper:
      'Simonyan, Zisserman: Very deep convolutional networks for large-scale image recognition, ICLR 2015',
    code: 'https://github.com/pytorch/vision',
    files: [
      { name: 'vgg16-397923af.pth', url: 'https://download.pytorch.org/models/vgg16-397923af.pth' },
    ],
    create: (archive) => createVgg16(archive),
  },
  {
    id: 'lpips-squeeze',
    weights: 'checkpoint',
    kind: 'perceptual',
    description:
      'LPIPS 0.1 with SqueezeNet 1.1: perceptual distance, and features whose squared distance it is',
    license: 'trunk: BSD-3-Clause (torchvision; trained on ImageNet); linear layers: BSD-2-Clause',
    capabilities: { gradient: true },
    input: 'RGB [0, 1]; any size from 32 pixels',
    paper:
      'Zhang et al.: The unreasonable effectiveness of deep features as a perceptual metric, CVPR 2018',
    code: 'https://github.com/richzhang/PerceptualSimilarity',
    files: [
      {
        name: 'squeezenet1_1-b8a52dc0.pth',
        url: 'https://download.pytorch.org/models/squeezenet1_1-b8a52dc0.pth',
      },
      {
        name: 'squeeze.pth',
        url: 'https://raw.githubusercontent.com/richzhang/PerceptualSimilarity/master/lpips/weights/v0.1/squeeze.pth',
      },
    ],
    create: (archive) => createLpipsSqueeze(archive),
  },
  {
    id: 'lpips-vgg',
    weights: 'checkpoint',
    kind: 'perceptual',
    description:
      "LPIPS 0.1 with VGG16, the L_pp of the paper's authors: perceptual distance, and features whose squared distance it is",
    license: 'trunk: BSD-3-Clause (torchvision; trained on ImageNet); linear layers: BSD-2-Clause',
    capabilities: { gradient: true },
    input: 'RGB [0, 1]; any size from 16 pixels, run by the authors on block means of 256²',
    paper:
      'Zhang et al.: The unreasonable effectiveness of deep features as a perceptual metric, CVPR 2018',
    code: 'https://github.com/richzhang/PerceptualSimilarity',
    files: [
      { name: 'vgg16-397923af.pth', url: 'https://download.pytorch.org/models/vgg16-397923af.pth' },
      {
        name: 'vgg.pth',
        url: 'https://raw.githubusercontent.com/richzhang/PerceptualSimilarity/master/lpips/weights/v0.1/vgg.pth',
      },
    ],
    create: (archive) => createLpipsVgg(archive),
  },
  {
    id: 'deeplabv3plus-resnet101',
    weights: 'checkpoint',
    kind: 'trimap',
    description:
      "DeepLabV3+ with ResNet-101 at output stride 16: the trimap network that the paper's authors ran, three classes",
    license: 'weights: none stated (backbone trained on ImageNet)',
    capabilities: { gradient: true },
    input:
      'RGB [0, 1], scaled to [-1, 1] inside; any size from 33 pixels, run by the authors at 800×608',
    paper:
      'Chen et al.: Encoder-decoder with atrous separable convolution for semantic image segmentation, ECCV 2018',
    code: 'https://github.com/cnnlstm/StyleGAN_Matting',
    files: [
      { name: 'deeplab_model_best.pth.tar', url: 'https://github.com/cnnlstm/StyleGAN_Matting' },
    ],
    create: (archive) => createDeeplabV3Plus(archive),
  },
  {
    id: 'deeplabv3-resnet50',
    weights: 'checkpoint',
    kind: 'trimap',
    description:
      "DeepLabV3 with ResNet-50: trimap of three classes (paper III-B1); torchvision's file of 21 classes is read as a person segmenter",
    license: 'weights: BSD-3-Clause (torchvision; trained on COCO)',
    capabilities: { gradient: true },
    input:
      'RGB [0, 1], ImageNet mean and deviation inside; any size from 33 pixels, published for a short side of 520',
    paper:
      'Chen et al.: Rethinking atrous convolution for semantic image segmentation, arXiv 1706.05587',
    code: 'https://github.com/pytorch/vision',
    files: [
      {
        name: 'deeplabv3_resnet50_coco-cd0a2569.pth',
        url: 'https://download.pytorch.org/models/deeplabv3_resnet50_coco-cd0a2569.pth',
      },
    ],
    create: (archive) => createDeeplab(archive),
  },
  {
    id: 'modnet',
    weights: 'checkpoint',
    kind: 'matting',
    description: 'MODNet: portrait matting without a trimap',
    license: 'Apache-2.0',
    capabilities: { gradient: true, trainable: true },
    input:
      'RGB [-1, 1] inside; short side resized to 512 unless the sides lie on both sides of 512, then multiples of 32, averaging over areas',
    paper:
      'Ke et al.: MODNet: real-time trimap-free portrait matting via objective decomposition, AAAI 2022',
    code: 'https://github.com/ZHKKKe/MODNet',
    files: [
      {
        name: 'modnet_photographic_portrait_matting.ckpt',
        url: 'https://drive.google.com/drive/folders/1umYmlCulvIFNaqPjwod1SayFmSRHziyR',
      },
    ],
    create: (archive, _license, options) => createModnet(archive, options),
  },
  {
    id: 'rvm-mobilenetv3',
    weights: 'checkpoint',
    kind: 'matting',
    description:
      'Robust Video Matting with MobileNetV3: people without a trimap, single pictures or sequences with state',
    license: 'GPL-3.0',
    capabilities: { gradient: true },
    input:
      'RGB [0, 1]; any size; works at a longest side of at most 512, a deep guided filter restores the full size',
    paper: 'Lin et al.: Robust high-resolution video matting with temporal guidance, WACV 2022',
    code: 'https://github.com/PeterL1n/RobustVideoMatting',
    files: [
      {
        name: 'rvm_mobilenetv3.pth',
        url: 'https://github.com/PeterL1n/RobustVideoMatting/releases/download/v1.0.0/rvm_mobilenetv3.pth',
      },
    ],
    create: (archive) => createRvm(archive, { variant: 'mobilenetv3' }),
  },
  {
    id: 'rvm-resnet50',
    weights: 'checkpoint',
    kind: 'matting',
    description: 'Robust Video Matting with ResNet-50',
    license: 'GPL-3.0',
    capabilities: { gradient: true },
    input: 'as rvm-mobilenetv3',
    paper: 'Lin et al.: Robust high-resolution video matting with temporal guidance, WACV 2022',
    code: 'https://github.com/PeterL1n/RobustVideoMatting',
    files: [
      {
        name: 'rvm_resnet50.pth',
        url: 'https://github.com/PeterL1n/RobustVideoMatting/releases/download/v1.0.0/rvm_resnet50.pth',
      },
    ],
    create: (archive) => createRvm(archive, { variant: 'resnet50' }),
  },
  {
    id: 'dim-foamliu',
    weights: 'checkpoint',
    kind: 'matting',
    description:
      'Deep Image Matting as trained by foamliu: VGG16 with batch normalisation, unpooling decoder; needs a trimap',
    license: 'none stated; trained on the Adobe Deep Image Matting dataset (non-commercial)',
    capabilities: { gradient: true, needsTrimap: true },
    input: 'RGB [0, 1], ImageNet mean and deviation inside, and a trimap; any size from 32 pixels',
    paper: 'Xu et al.: Deep image matting, CVPR 2017',
    code: 'https://github.com/foamliu/Deep-Image-Matting-PyTorch',
    files: [
      {
        name: 'BEST_checkpoint.tar',
        url: 'https://github.com/foamliu/Deep-Image-Matting-PyTorch/releases',
      },
    ],
    create: (archive) => createDimFoamliu(archive),
  },
  {
    id: 'dim-huochaitiantang',
    weights: 'checkpoint',
    kind: 'matting',
    description:
      'Deep Image Matting as trained by huochaitiantang, with the refinement stage where the file has one; needs a trimap',
    license: 'none stated; trained on the Adobe Deep Image Matting dataset (non-commercial)',
    capabilities: { gradient: true, needsTrimap: true },
    input:
      'RGB [0, 1], ImageNet mean and deviation inside, and a trimap; up to 1600 pixels, sides floored to multiples of 32 by bilinear resizing',
    paper: 'Xu et al.: Deep image matting, CVPR 2017',
    code: 'https://github.com/huochaitiantang/pytorch-deep-image-matting',
    files: [
      {
        name: 'the stage-1 checkpoint with skip connections (SAD 52.99)',
        url: 'https://github.com/huochaitiantang/pytorch-deep-image-matting/releases',
      },
    ],
    create: (archive) => createDimHuochaitiantang(archive),
  },
  {
    id: 'indexnet',
    weights: 'checkpoint',
    kind: 'matting',
    description: 'IndexNet matting: MobileNetV2 with learned pooling; needs a trimap',
    license: 'academic use only; trained on the Adobe Deep Image Matting dataset (non-commercial)',
    capabilities: { gradient: true, needsTrimap: true, trainable: true },
    input:
      'RGB [0, 1], ImageNet mean and deviation inside, and a trimap; any size from 32 pixels, resized up to multiples of 32 (picture and alpha bicubic, trimap nearest)',
    paper: 'Lu et al.: Indices matter: learning to index for deep image matting, ICCV 2019',
    code: 'https://github.com/poppinace/indexnet_matting',
    files: [
      {
        name: 'indexnet_matting.pth.tar',
        url: 'https://github.com/poppinace/indexnet_matting/raw/master/pretrained/indexnet_matting.pth.tar',
      },
    ],
    create: (archive, _license, options) => createIndexNet(archive, options),
  },
  {
    id: 'gca',
    weights: 'checkpoint',
    kind: 'matting',
    description:
      'GCA: matting with guided contextual attention, with the pre- and post-processing of its demo; needs a trimap',
    license: 'weights: non-commercial (Adobe Deep Image Matting dataset); code: MIT',
    capabilities: { gradient: true, needsTrimap: true },
    input:
      'RGB [0, 1], ImageNet mean and deviation inside, and a trimap in three classes; any size from 64 pixels, padded by reflection, 32 pixels and up to multiples of 32',
    paper: 'Li, Lu: Natural image matting via guided contextual attention, AAAI 2020',
    code: 'https://github.com/Yaoyi-Li/GCA-Matting',
    files: [
      {
        name: 'gca-dist.pth',
        url: 'https://drive.google.com/open?id=1ti_a46lKEH2Hk2fAB11BbyKfYj0rxNK0',
      },
    ],
    create: (archive) => createGca(archive),
  },
  {
    id: 'fba',
    weights: 'checkpoint',
    kind: 'matting',
    description: 'F, B, Alpha matting: alpha and the colours of both layers; needs a trimap',
    license: 'non-commercial (Adobe Deep Image Matting dataset)',
    capabilities: { gradient: true, needsTrimap: true },
    input:
      'RGB [0, 1], ImageNet mean and deviation inside, and a trimap, from which six distance maps are made; any size from 32 pixels, resized up to multiples of 8 (picture Lanczos, trimap nearest, results bilinear)',
    paper: 'Forte, Pitie: F, B, alpha matting, arXiv 2003.07711',
    code: 'https://github.com/MarcoForte/FBA_Matting',
    files: [
      {
        name: 'FBA.pth',
        url: 'https://drive.google.com/file/d/1T_oiKDE_biWf2kqexMEN7ObWqtXAzbB1/view',
      },
    ],
    create: (archive) => createFba(archive),
  },
  {
    id: 'ada-matting',
    weights: 'checkpoint',
    kind: 'matting',
    description:
      'AdaMatting: adapts the trimap, then estimates alpha; needs a trimap. No weights are published: train your own',
    license: 'of whoever trained the weights',
    capabilities: { gradient: true, needsTrimap: true, trainable: true },
    input:
      'RGB [0, 1], ImageNet mean and deviation inside, and a trimap; any size from 32 pixels, resized up to multiples of 32 (picture and alpha bilinear, trimap nearest)',
    paper: 'Cai et al.: Disentangled image matting, ICCV 2019',
    code: 'none by its authors',
    files: [{ name: 'safetensors of serializeMattingModel, begun with adaMattingWeights' }],
    create: (archive, _license, options) => createAdaMatting(archive, options),
  },
  {
    id: 'sample-net',
    weights: 'checkpoint',
    kind: 'matting',
    description:
      'SampleNet: samples background and foreground colours, then estimates alpha; needs a trimap. No weights are published: train your own',
    license: 'of whoever trained the weights',
    capabilities: { gradient: true, needsTrimap: true, trainable: true },
    input:
      'RGB [0, 1], ImageNet mean and deviation inside, and a trimap; any size from 32 pixels, resized up to multiples of 32 (picture and alpha bilinear, trimap nearest)',
    paper: 'Tang et al.: Learning-based sampling for natural image matting, CVPR 2019',
    code: 'none by its authors',
    files: [{ name: 'safetensors of serializeMattingModel, begun with sampleNetWeights' }],
    create: (archive, _license, options) => createSampleNet(archive, options),
  },
];
