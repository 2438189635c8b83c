import { setTimeout } from 'node:timers/promises';
import { useNodeBackend } from '@latent-matte/backend-node';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { collectGarbage } from './collect-garbage';
import { freshHeap } from './fresh-heap';

const large = { width: 4000, height: 3000 };
const small = { width: 400, height: 300 };

/** Bytes of the heap of WebAssembly. */
function heapBytes(): number {
  const { wasm } = tf.backend() as unknown as { wasm: { HEAPU8: Uint8Array } };
  return wasm.HEAPU8.length;
}

describe('freshHeap', () => {
  it('gives back what a search needed, beside a large photo alone and when no tensor is left', async () => {
    await useNodeBackend({ device: 'wasm' });
    const product = () => tf.tidy(() => tf.sum(tf.mul(tf.ones([1 << 24]), 2)).dataSync()[0]);
    expect(product()).toBe(2 ** 25);
    const grown = heapBytes();
    const before = new WeakRef((tf.backend() as unknown as { wasm: object }).wasm);
    await freshHeap(small);
    expect(heapBytes()).toBe(grown);
    const held = tf.scalar(1);
    await freshHeap(large);
    expect(heapBytes()).toBe(grown);
    held.dispose();
    await freshHeap(large);
    expect(heapBytes()).toBeLessThan(grown / 2);
    // Nothing holds the old one: neither a kernel nor a listener of the process.
    await setTimeout(0);
    collectGarbage(large);
    expect(before.deref()).toBeUndefined();
    // And computes.
    expect(product()).toBe(2 ** 25);
  });
});
