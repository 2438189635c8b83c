import { pictureOfRows, rowsOf } from '@latent-matte/core/internal';
import { expect, it } from 'vitest';
import { fakeEnhancement, fakeSource } from '../testing/fake-enhancement';
import { changeInWords, changeOf, type EnhancementChange } from './change';

const change: EnhancementChange = {
  matteChanged: 0.031,
  largest: 5.2,
  mean: 0.41,
  models: 1,
  distance: [0.195, 0.112],
};

it('says what changed, how far, and towards what', () => {
  expect(changeInWords(change, false)).toBe(
    'The matte changed in 3.1 % of the picture; it came 42.6 % nearer to what many views of the photo say together. No pixel moved by more than 6 of 255, the mean is 0.4.',
  );
});

it('says that several models agree more', () => {
  expect(changeInWords({ ...change, models: 3 }, false)).toContain(
    '; 3 models agree more than before, by 42.6 %: 0.195 → 0.112.',
  );
});

it('claims no gain where none was measured, and none where the photo was kept', () => {
  const { distance: _, ...unmeasured } = change;
  expect(changeInWords(unmeasured, false)).toMatch(
    /^The matte changed in 3\.1 % of the picture\. No/,
  );
  expect(changeInWords(change, true)).toMatch(/left as it was/);
});

it('is measured once, however often it is told', () => {
  const source = fakeSource();
  let reads = 0;
  const { portrait, ...rest } = fakeEnhancement(source);
  const counted = pictureOfRows({
    ...rowsOf(portrait),
    rows() {
      reads++;
      return rowsOf(portrait).rows();
    },
  });
  const enhancement = { ...rest, portrait: counted };
  const found = changeOf(source, enhancement);
  expect(changeOf(source, enhancement)).toBe(found);
  expect(reads).toBe(1);
  // Of another source it is another change.
  const other = { ...source, data: source.data.map((value) => 1 - value) } as typeof source;
  expect(changeOf(other, enhancement).mean).not.toBe(found.mean);
});
