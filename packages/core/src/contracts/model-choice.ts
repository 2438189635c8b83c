import type { Generator, GeneratorContext } from './generator';

/** A model given by registered name, or as an object. */
export type ModelChoice<Model> = string | Model;

/** A generator given by registered name, as an object, or as a function that makes one for a portrait. */
export type GeneratorChoice =
  | ModelChoice<Generator>
  | ((context: GeneratorContext) => Generator | Promise<Generator>);
