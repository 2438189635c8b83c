import * as tf from '@tensorflow/tfjs-core';
import { layeredPictureKernels } from '../layered-picture-on-processor';
import { sparseRowsKernels } from '../sparse-rows';
import { axisTablesKernel } from '../webgpu/axis-tables';
import { channelSumsKernel } from '../webgpu/channel-sums';
import { depthwiseGradientKernel } from '../webgpu/depthwise-gradient';
import { elementwiseKernel } from '../webgpu/elementwise';
import { excitationKernels } from '../webgpu/excitation-kernels';
import { layeredPictureShaders } from '../webgpu/layered-picture-shaders';
import { webgpuScalars } from '../webgpu/scalars';
import { webgpuSlopes } from '../webgpu/slopes';
import { sumOfKernel } from '../webgpu/sum-of';
import { clipGradient, clipSlopeKernels } from './clip-gradient';
import { convolutionGradient, depthwiseGradient } from './convolution-gradients';
import { mirrorPadGradient } from './mirror-pad-gradient';
import { nativeCopies } from './native-copies';
import { nativeDilatedDepthwise } from './native-dilated-depthwise';
import { nativeResizeAdjoint } from './native-resize-adjoint';
import { nativeSlopes } from './native-slopes';
import { resizeBilinearGradient } from './resize-bilinear-gradient';
import type { GradientCorrection, KernelCorrection, WrappedKernel } from './types';
import { wasmCopies } from './wasm-copies';
import { wasmFilterKernels } from './wasm-filter-kernels';
import { wasmMaxPool } from './wasm-max-pool';
import { webgpuAddN } from './webgpu-add-n';
import { webgpuCast } from './webgpu-cast';

/** The same in every copy of this module: whichever comes first installs. Its value is what was there before. */
const installed = Symbol.for('latent-matte.correction');

const gradients: readonly GradientCorrection[] = [
  convolutionGradient,
  depthwiseGradient,
  ...webgpuSlopes,
  resizeBilinearGradient,
  mirrorPadGradient,
  clipGradient,
];
const kernels: readonly KernelCorrection[] = [
  ...wasmFilterKernels,
  nativeSlopes,
  nativeResizeAdjoint,
  ...clipSlopeKernels,
  ...wasmMaxPool,
  ...sparseRowsKernels,
  axisTablesKernel,
  channelSumsKernel,
  depthwiseGradientKernel,
  elementwiseKernel,
  ...excitationKernels,
  ...layeredPictureKernels,
  ...layeredPictureShaders,
  sumOfKernel,
];
const wrapped: readonly WrappedKernel[] = [
  webgpuCast,
  webgpuAddN,
  nativeDilatedDepthwise,
  ...nativeCopies,
  ...wasmCopies,
  ...webgpuScalars,
];

/**
 * Corrects what tfjs 4.22 differentiates wrongly, slowly or not at all:
 *
 * - gradients of dilated `conv2d` and `depthwiseConv2d`, which throw; on wasm and webgpu also the slow input
 *   gradient of `conv2d`;
 * - gradients of `resizeBilinear` with half-pixel centres and of `mirrorPad`, which are silently wrong;
 * - on wasm the missing kernels of filter gradients and depthwise gradients, so that fine-tuning with stock
 *   layers works, and the max-pool gradient and indices, wrong for every window whose maximum is not positive;
 * - on wasm copies: clones share memory, and an axis is reversed by runs;
 * - on tfjs-node casts and reshapes that change nothing, which are kernels of TensorFlow there;
 * - on tfjs-node dilated depthwise convolutions, which TensorFlow refuses on the CPU;
 * - on webgpu the cast of integers and booleans to float, which leaves integers in the buffer, and `addN` of 8 tensors and
 *   more, which is zeros.
 *
 * Everything else goes to the stock rule. The registries are shared by all copies of tfjs-core, and a copy that is
 * loaded later registers its stock gradients over these; so this is cheap to call again, and does nothing where
 * the corrections are in place. Both backends call it when they start, and the gradient of the optimisation loop
 * before it runs.
 *
 * ```ts
 * import { installCorrections } from '@latent-matte/core/ops';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * installCorrections(); // needed only where neither useNodeBackend nor useWebBackend is called
 * const padded = (x: tf.Tensor) => tf.mirrorPad(x, [[1, 1]], 'reflect');
 * const gradient = tf.grad(padded)(tf.tensor1d([1, 2, 3]));
 * console.log(await gradient.data()); // [1, 3, 1]; without corrections [1, 1, 1]
 * ```
 */
export function installCorrections(): void {
  for (const { kernelName, correct } of gradients) {
    const stock = tf.getGradient(kernelName);
    // Without a stock rule the gradients of tfjs are not registered: there is nothing to correct yet.
    if (stock === undefined || installed in stock) continue;
    tf.unregisterGradient(kernelName);
    tf.registerGradient({ ...stock, gradFunc: correct(stock.gradFunc), ...{ [installed]: stock } });
  }
  for (const { kernelName, backendName, kernelFunc, replaces } of kernels) {
    const stock = tf.getKernel(kernelName, backendName);
    // A backend that is loaded later would register its own over this one.
    if (stock === undefined ? replaces : installed in stock) continue;
    if (stock !== undefined) tf.unregisterKernel(kernelName, backendName);
    // With what the stock one does when its backend starts: else it would hold the heap of one that was replaced.
    const { setupFunc, disposeFunc } = stock ?? {};
    const whole = { kernelName, backendName, kernelFunc, setupFunc, disposeFunc };
    tf.registerKernel({ ...whole, ...{ [installed]: stock } });
  }
  for (const { kernelName, backendName, correct } of wrapped) {
    const stock = tf.getKernel(kernelName, backendName);
    if (stock === undefined || installed in stock) continue;
    tf.unregisterKernel(kernelName, backendName);
    const kernelFunc = correct(stock.kernelFunc);
    tf.registerKernel({ ...stock, kernelFunc, ...{ [installed]: stock } });
  }
}
