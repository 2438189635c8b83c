import { WeightsError } from '@latent-matte/core';
import { checkLeaks, describeTrimapModel, mockPortraits } from '@latent-matte/core/testing';
import { eachBackend } from '@latent-matte/test-kit/each-backend';
import { changed, manyKinks, randomCheckpoint } from '@latent-matte/test-kit/random-archive';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { createDeeplab } from './deeplab';
import { trimapFromPerson } from './person';

/** An eighth as wide as the published network. */
const slim = (classes: number) =>
  randomCheckpoint(createDeeplab, {
    hints: { 'backbone.conv1.weight': [8, 3, 7, 7], 'classifier.4.weight': [classes, 32, 1, 1] },
  });
const archive = slim(3);

eachBackend(() => {
  describeTrimapModel({ describe, it }, () => createDeeplab(archive), manyKinks);

  it('answers at the size of any picture', () => {
    const network = createDeeplab(archive);
    const image = mockPortraits(49, 65, [1]);
    const logits = network.logits(image);
    expect(logits.shape).toEqual([1, 65, 49, 3]);
    tf.dispose([image, logits]);
    network.dispose();
  });

  it('reads a segmenter of 21 classes as a trimap of its person', async () => {
    const network = createDeeplab(slim(21), { person: { margin: 2 } });
    expect(network.classes).toBe(21);
    const image = mockPortraits(64, 64, [1]);
    const { leaked } = await checkLeaks(() => network.logits(image).dispose());
    expect(leaked).toBe(0);
    tf.tidy(() => {
      expect(network.logits(image).shape).toEqual([1, 64, 64, 3]);
      expect(network.classLogits(image).shape).toEqual([1, 64, 64, 21]);
    });
    image.dispose();
    network.dispose();
  });

  it('calls a pixel unknown exactly within the margin', () => {
    // The log-odds of class 1 against the two others are z − log 2.
    const odds = [-5, -1.9, 0, 1.9, 2.1, 7];
    const z = odds.flatMap((l) => [0, l + Math.LN2, 0]);
    const logits = tf.tensor4d(z, [1, 1, odds.length, 3]);
    const trimap = trimapFromPerson(logits, { index: 1, margin: 2 });
    const classes = tf.argMax(trimap, 3);
    expect([...classes.dataSync()]).toEqual([0, 1, 1, 1, 2, 2]);
    const [background, , foreground] = trimap.dataSync();
    expect(foreground - background).toBeCloseTo(-5, 5);
    tf.dispose([logits, trimap, classes]);
  });

  it('reads over the auxiliary head, and says what does not fit', () => {
    createDeeplab(changed(archive, { add: { 'aux_classifier.4.bias': [21] } })).dispose();
    const wrong = changed(archive, { without: 'backbone.layer3.0.downsample.1.running_var' });
    expect(() => createDeeplab(wrong)).toThrow(WeightsError);
    expect(() => createDeeplab(wrong)).toThrow(
      '"backbone.layer3.0.downsample.1.running_var" is missing',
    );
    expect(() => createDeeplab(slim(2))).toThrow(/2 classes: neither/);
  });
}, ['wasm']);
