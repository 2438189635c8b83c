import * as tf from '@tensorflow/tfjs-core';
import type { LatentCode } from '../contracts';

/** The tensors of a code that can be optimised: empty parts are left out. */
export function latentTensors(code: LatentCode): tf.Tensor[] {
  return [code.styles as tf.Tensor, ...code.noise].filter((tensor) => tensor.size > 0);
}

/** Puts optimised tensors back into the shape of a code. */
export function withLatents(code: LatentCode, tensors: readonly tf.Tensor[]): LatentCode {
  const rest = [...tensors];
  const take = <T extends tf.Tensor>(old: T): T => (old.size > 0 ? (rest.shift() as T) : old);
  return { styles: take(code.styles), noise: code.noise.map(take) };
}

export function cloneCode(code: LatentCode): LatentCode {
  return { styles: tf.clone(code.styles), noise: code.noise.map((map) => tf.clone(map)) };
}

export function disposeCode(code: LatentCode): void {
  tf.dispose([code.styles, ...code.noise]);
}

/** The code of one portrait of a batch; call it in `tf.tidy`. A code of one portrait is returned as it is. */
export function memberOf(code: LatentCode, index: number): LatentCode {
  const take = <T extends tf.Tensor>(tensor: T): T =>
    tensor.shape[0] === 1 ? tensor : tf.slice(tensor, index, 1);
  return { styles: take(code.styles), noise: code.noise.map(take) };
}
