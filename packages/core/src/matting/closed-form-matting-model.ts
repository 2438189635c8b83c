import * as tf from '@tensorflow/tfjs-core';
import {
  type InputSizeRule,
  type MattingInput,
  type MattingModel,
  SPEC_VERSION,
} from '../contracts';
import { InvalidImageError } from '../errors';
import { type ClosedFormMattingOptions, solveClosedFormMatte } from './closed-form-matting';

/** `closedFormMatting` as a reference model: a black box that needs a trimap and blocks while it computes. */
export class ClosedFormMattingModel implements MattingModel {
  readonly specVersion = SPEC_VERSION;
  readonly name = 'closed-form-matting';
  readonly license = 'MIT (no weights)';
  readonly needsTrimap = true;
  readonly differentiable = 'none';
  readonly input: InputSizeRule = { multipleOf: 1, min: 3, max: 1024 };
  readonly #options: ClosedFormMattingOptions;

  constructor(options: ClosedFormMattingOptions = {}) {
    this.#options = options;
  }

  alpha({ image, trimap }: MattingInput): tf.Tensor4D {
    if (trimap === undefined) {
      throw new InvalidImageError('Closed-form matting was given no trimap.', 'Pass one.');
    }
    const [batch, height, width] = image.shape;
    const pixels = width * height;
    const [colors, classes] = [image.dataSync(), trimap.dataSync()];
    const alpha = new Float32Array(batch * pixels);
    for (let n = 0; n < batch; n++) {
      const member = solveClosedFormMatte(
        colors.subarray(n * pixels * 3, (n + 1) * pixels * 3),
        classes.subarray(n * pixels, (n + 1) * pixels),
        width,
        height,
        this.#options,
      );
      alpha.set(member.alpha, n * pixels);
    }
    return tf.tensor4d(alpha, [batch, height, width, 1]);
  }

  dispose(): void {}
}
