import { describe, expect, it } from 'vitest';
import { warningsNote } from './warnings-note';

describe('warningsNote', () => {
  it('names the first picture and counts the others, each once', () => {
    const odd = (name: string, ...warnings: string[]) => ({ name, warnings });
    expect(warningsNote([{ name: 'a' }, odd('b')])).toBeUndefined();
    expect(warningsNote([{ name: 'a' }, odd('b', 'Snapped.', 'Dark.')])).toBe('note: b: Snapped.');
    // A picture that several models read is one.
    expect(warningsNote([odd('b', 'Snapped.'), odd('b', 'Snapped.'), odd('c', 'Dark.')])).toBe(
      'note: b: Snapped. And 1 more picture with a warning.',
    );
    expect(warningsNote([odd('b', 'x'), odd('c', 'x'), odd('d', 'x')])).toMatch(/ And 2 more pict/);
  });
});
