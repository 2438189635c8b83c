import {
  type Discriminator,
  type ForegroundEstimator,
  type Generator,
  type MattingModel,
  type PerceptualModel,
  SPEC_VERSION,
  type TrimapModel,
} from '../contracts';
import { InvalidOptionError } from '../errors';

interface Kinds {
  readonly 'matting model': MattingModel;
  readonly 'trimap model': TrimapModel;
  readonly discriminator: Discriminator;
  readonly 'perceptual model': PerceptualModel;
  readonly 'foreground estimator': ForegroundEstimator;
  readonly generator: Generator;
}

type Test = readonly [what: string, holds: (value: unknown) => boolean];

const method: Test = ['a function', (value) => typeof value === 'function'];
const isSide = (value: unknown) => Number.isInteger(value) && (value as number) > 0;
const gradient: Test = ["'image' or 'none'", (value) => value === 'image' || value === 'none'];
const sizes: Test = [
  '{ multipleOf, min, max } in pixels',
  (value) => {
    const { multipleOf, min, max } = Object(value);
    return [multipleOf, min, max].every(isSide) && min <= max;
  },
];

/** What each kind must have, besides `specVersion` and `name`. A foreground estimator has nothing to free. */
const members: { readonly [Kind in keyof Kinds]: Readonly<Record<string, Test>> } = {
  'matting model': {
    needsTrimap: ['true or false', (value) => typeof value === 'boolean'],
    takesTrimap: [
      'true or false, or be left out',
      (value) => value === undefined || typeof value === 'boolean',
    ],
    differentiable: gradient,
    input: sizes,
    alpha: method,
    dispose: method,
  },
  'trimap model': { differentiable: gradient, input: sizes, logits: method, dispose: method },
  discriminator: { input: sizes, score: method, dispose: method },
  'perceptual model': { input: sizes, features: method, dispose: method },
  'foreground estimator': { differentiable: gradient, estimate: method },
  generator: {
    resolution: [
      '[height, width]',
      (value) => Array.isArray(value) && value.length === 2 && value.every(isSide),
    ],
    latents: [
      '{ styles, noise }',
      (value) => Array.isArray(Object(value).styles) && Array.isArray(Object(value).noise),
    ],
    synthesize: method,
    dispose: method,
  },
};

/**
 * An object that a caller gave as a model, or that a factory made, as what it shall be: what is missing is said here, by
 * name, and not by the first line that needs it.
 *
 * @throws InvalidOptionError a model of another version of the interfaces, or of another kind
 */
export function checkModel<Kind extends keyof Kinds>(kind: Kind, model: Kinds[Kind]): Kinds[Kind] {
  const given = Object(model) as Readonly<Record<string, unknown>>;
  const { specVersion, name } = given;
  if (specVersion !== SPEC_VERSION && specVersion !== undefined) {
    throw new InvalidOptionError(
      `Model "${String(name)}" implements version ${String(specVersion)} of the interfaces; this is version ${SPEC_VERSION}.`,
      'Update the model or @latent-matte/core, and set `specVersion` to SPEC_VERSION.',
    );
  }
  const wanted: Readonly<Record<string, Test>> = {
    specVersion: [`SPEC_VERSION, ${SPEC_VERSION}`, (value) => value === SPEC_VERSION],
    name: ['a string', (value) => typeof value === 'string'],
    ...members[kind],
  };
  const wrong = Object.entries(wanted).filter(([key, [, holds]]) => !holds(given[key]));
  if (wrong.length === 0) return model;
  const told = wrong.map(([key, [what]]) =>
    given[key] === undefined ? `${key} is missing (${what})` : `${key} is not ${what}`,
  );
  throw new InvalidOptionError(
    `${typeof name === 'string' ? `"${name}"` : 'What was given'} is no ${kind}: ${told.join(', ')}.`,
    `A ${kind} has ${Object.keys(wanted).join(', ')}; the types say more.`,
  );
}
