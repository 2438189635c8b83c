import { describe, expect, it } from 'vitest';
import { checkDescription } from './check-description';
import type { AdapterDescription } from './description';

const check = (description: object) => () =>
  checkDescription({ kind: 'matting', name: 'mine', ...description } as AdapterDescription);

describe('a description', () => {
  it('is refused with a field that no adapter reads, which it names with what was meant', () => {
    const wrong: [object, RegExp, RegExp][] = [
      [{ inputs: {} }, /no option "inputs"/, /"input"/],
      [{ input: { color: 'bgr' } }, /input has no option "color"/, /"colors"/],
      [
        { input: { size: { width: 320, height: 320 } } },
        /size has no option "width"/,
        /multipleOf/,
      ],
      [
        { input: { size: { fixed: [2, 2], multipleOf: 2 } } },
        /no option "multipleOf"/,
        /fixed, fit/,
      ],
      [{ output: { activations: 'sigmoid' } }, /output has no option/, /"activation"/],
      [{ trimap: { keepknown: false } }, /trimap has no option/, /"keepKnown"/],
      [{ kind: 'trimap', trimap: {} }, /no option "trimap"/, /output/],
      [{ kind: 'trimap', output: { channel: 1 } }, /no option "channel"/, /classes/],
      [{ kind: 'trimap', output: { person: { chanel: 1 } } }, /no option "chanel"/, /"channel"/],
    ];
    for (const [description, message, remedy] of wrong) {
      expect(check(description)).toThrow(message);
      expect(check(description)).toThrow(
        expect.objectContaining({ remedy: expect.stringMatching(remedy) }),
      );
    }
  });

  it('may have every field there is', () => {
    const size = { multipleOf: 32, min: 32, max: 512 };
    const input = { name: 'x', layout: 'NHWC', colors: 'rgb', range: [0, 1], size };
    const statistics = { mean: [0, 0, 0], std: [1, 1, 1] };
    const common = { license: 'MIT', differentiable: 'image', input: { ...input, ...statistics } };
    const trimap = {
      encoding: 'levels',
      values: [0, 0.5, 1],
      as: 'input',
      name: 't',
      keepKnown: true,
    };
    const output = { name: 0, layout: 'NHWC' };
    check({
      ...common,
      trimap,
      output: { ...output, channel: 0, activation: 'none', range: [0, 1] },
    })();
    const person = { channel: 0, margin: 2, band: 1 };
    check({
      ...common,
      kind: 'trimap',
      output: { ...output, values: 'logits', classes: [0, 1, 2], person },
    })();
  });
});
