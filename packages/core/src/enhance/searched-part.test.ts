import { eachBackend } from '@latent-matte/test-kit/each-backend';
import { measureChange } from '@latent-matte/test-kit/measure-change';
import { mocks, nearing } from '@latent-matte/test-kit/mock-enhancement';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { FloatImage } from '../contracts';
import { toFloatImage } from '../imaging/raster';
import { checkLeaks, mockGenerator, mockMattingModel, mockPortrait } from '../testing';
import { enhancePortrait } from './enhance-portrait';
import type { EnhanceRequest } from './options';
import { SearchedPart } from './searched-part';

const [width, height] = [256, 192];
const [left, top] = [120, 70];

/** A small person in a dark photo. */
function smallPerson(): FloatImage {
  const person = mockPortrait(64, 64);
  const data = new Float32Array(width * height * 3).fill(0.15);
  for (let y = 0; y < 64; y++) {
    data.set(person.data.subarray(y * 64 * 3, (y + 1) * 64 * 3), ((top + y) * width + left) * 3);
  }
  return { width, height, channels: 3, data };
}
const photo = smallPerson();

/** 1 where the person is bright. */
const matte: FloatImage = {
  width,
  height,
  channels: 1,
  data: Float32Array.from({ length: width * height }, (_, i) => Number(photo.data[3 * i] > 0.5)),
};

const search = (request: EnhanceRequest = {}) =>
  mocks({
    model: mockMattingModel({ tilt: 0.4, needsTrimap: false }),
    ...nearing,
    workingSize: 128,
    ...request,
  });

describe('SearchedPart', () => {
  it('is the person, as large as the networks look; nothing changed is the photo, exactly', async () => {
    const part = SearchedPart.personIn(photo, matte, 256);
    const { region } = part;
    expect(region!.top).toBeLessThan(top + 20);
    expect(region!.left).toBeLessThan(left + 20);
    expect(Math.max(part.photo.width, part.photo.height)).toBe(256);
    const whole = await part.inPhoto(toFloatImage(part.photo), {
      maxBlockShift: 6,
      maxColorDifference: 3,
      minPsnr: 45,
    });
    expect(whole.data).toEqual(photo.data);
  });

  it('keeps the bounds of a change at the size of the photo', async () => {
    const part = SearchedPart.personIn(photo, matte, 256);
    const seen = toFloatImage(part.photo);
    const changed = { ...seen, data: seen.data.map((value) => Math.min(1, value + 0.1)) };
    const of = async (maxBlockShift: number) => {
      const bounds = { maxBlockShift, maxColorDifference: 0, minPsnr: 0 };
      const whole = await part.inPhoto(changed, bounds);
      return measureChange(photo.data, whole.data, width, height).block;
    };
    expect(await of(0)).toBeGreaterThan(20);
    expect(await of(6)).toBeLessThanOrEqual(6);
  });

  it('shows the same part of a map of another size', () => {
    const part = SearchedPart.personIn(photo, matte, 256);
    const [sum, half] = [part.of(matte), part.of({ ...matte, data: matte.data.map((a) => a / 2) })];
    expect([sum.width, sum.height]).toEqual([part.photo.width, part.photo.height]);
    const mean = ({ data }: FloatImage) => data.reduce((a, b) => a + b) / data.length;
    const { region } = part;
    const share = matte.data.reduce((a, b) => a + b) / (region!.width * region!.height);
    expect(mean(sum)).toBeCloseTo(share, 2);
    expect(mean(half)).toBeCloseTo(share / 2, 2);
  });

  it('is all of a photo that the person fills', () => {
    const portrait = mockPortrait(64, 64);
    const all = {
      width: 64,
      height: 64,
      channels: 1,
      data: new Float32Array(64 * 64).fill(1),
    } as const;
    expect(SearchedPart.personIn(portrait, all, 512).region).toBeUndefined();
  });
});

eachBackend(() => {
  it('searches a small person closer, and leaves the rest of the photo as it is', async () => {
    const found = await enhancePortrait(photo, search());
    expect(found.bestStep).toBeGreaterThan(0);
    const { region, portrait, settings } = found;
    expect(settings.workingSize[0] / settings.workingSize[1]).toBeCloseTo(
      region!.height / region!.width,
      0,
    );
    let inside = 0;
    for (let i = 0; i < portrait.data.length; i++) {
      const [y, x] = [Math.floor(i / (3 * width)), Math.floor(i / 3) % width];
      const within =
        y >= region!.top &&
        y < region!.top + region!.height &&
        x >= region!.left &&
        x < region!.left + region!.width;
      if (within) inside += Math.abs(portrait.data[i] - photo.data[i]);
      else expect(portrait.data[i]).toBe(photo.data[i]);
    }
    expect(inside).toBeGreaterThan(0);
  });

  it('searches all of it when told to, with latents, with a generator of its own, and when a generator paints', async () => {
    const image = tf.tensor4d(mockPortrait(64, 64).data, [1, 64, 64, 3]);
    const generator = mockGenerator({ image });
    for (const [request, isUnread] of [
      [{ secondLook: false }, false],
      [{ secondLook: true, generator }, true],
      [{ secondLook: true, output: 'generated' }, true],
    ] as const) {
      const { region, warnings } = await enhancePortrait(photo, search({ steps: 1, ...request }));
      expect(region).toBeUndefined();
      expect(/secondLook was given, but/.test(warnings.join())).toBe(isUnread);
    }
    generator.dispose();
    image.dispose();
  });

  it('leaves no tensor behind', async () => {
    const { leaked, error } = await checkLeaks(() => enhancePortrait(photo, search({ steps: 1 })));
    expect(error).toBeUndefined();
    expect(leaked).toBe(0);
  });

  it('says that it is not read where nothing is searched', async () => {
    const { warnings } = await enhancePortrait(photo, search({ steps: 0, secondLook: true }));
    expect(warnings.join()).toMatch(/secondLook was given, but/);
  });
});
