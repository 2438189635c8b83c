import { didYouMean, said } from './assert-options';
import type {
  Discriminator,
  ForegroundEstimator,
  Generator,
  GeneratorContext,
  MattingContext,
  MattingModel,
  PerceptualModel,
  TrimapModel,
} from './contracts';
import { InvalidOptionError, UnknownModelError } from './errors';
import { BlurFusionEstimator } from './foreground/blur-fusion-estimator';
import { ClosedFormEstimator } from './foreground/closed-form-estimator';
import { MultiLevelEstimator } from './foreground/multi-level-estimator';
import { leaseModel, type ModelLease } from './kept-models';

export { activeBackend, backendInUse, setActiveBackend } from './active-backend';
export { keepModels } from './kept-models';

type Factory<Model, Context = void> = (context: Context) => Model | Promise<Model>;

/** Core knows no console, every platform has one. */
const warn = (message: string): void =>
  (globalThis as { console?: { warn(message: string): void } }).console?.warn(message);

/** How a part that comes along is registered. */
interface Registration {
  /** It comes with the SDK: a program that takes its name is warned. Default false. */
  readonly embedded?: boolean;
  /** An older name, which works and is listed nowhere. */
  readonly alias?: string;
  /** What a user added under this name is asked for first. Default false. */
  readonly provisional?: boolean;
}

/** Registers what is known elsewhere by this name, if anything is. */
type ModelFinder = (name: string) => Promise<void>;

let finder: ModelFinder | undefined;

/** Asked about names that nobody registered, or provisionally: a backend knows what its user added. */
export function setModelFinder(finds: ModelFinder): void {
  finder = finds;
}

/** Names to factories for one kind of part. */
class Registry<Model extends object, Context = void> {
  readonly #factories = new Map<string, Factory<Model, Context>>();
  readonly #aliases = new Map<string, string>();
  readonly #embedded = new Set<string>();
  readonly #provisional = new Set<string>();
  readonly #kind: string;
  readonly #register: string;

  constructor(kind: string, register: string) {
    this.#kind = kind;
    this.#register = register;
  }

  register(
    name: string,
    factory: Factory<Model, Context>,
    { embedded = false, alias, provisional = false }: Registration = {},
  ): void {
    if (typeof name !== 'string' || typeof factory !== 'function') {
      const [what, given] =
        typeof name === 'string' ? [`factory of "${name}"`, factory] : ['name', name];
      throw new InvalidOptionError(
        `The ${what} that ${this.#register} was given is ${said(given)}.`,
        `Pass a name, then a function that makes the ${this.#kind}: ${this.#register}('mine', () => model).`,
      );
    }
    if (name.trim() === '') {
      throw new UnknownModelError(`A ${this.#kind} needs a name.`, 'Pass a non-empty name.');
    }
    const taken = this.#aliases.get(name) ?? name;
    if (!embedded && this.#embedded.has(taken)) {
      warn(
        `The ${this.#kind} "${taken}" of latent-matte is replaced by another one: give yours a name of its own.`,
      );
    }
    if (embedded) this.#embedded.add(name);
    if (alias !== undefined) this.#aliases.set(alias, name);
    if (provisional) this.#provisional.add(name);
    else this.#provisional.delete(name);
    // What comes from a factory is checked where it comes, before anybody looks into it.
    this.#factories.set(taken, async (context) => this.#made(taken, await factory(context)));
  }

  /** The names that parts are listed under; see {@link has} for older ones. */
  names(): string[] {
    return [...this.#factories.keys()].sort();
  }

  has(name: string): boolean {
    return this.#factories.has(this.idOf(name));
  }

  /** The name that a part is listed under. */
  idOf(name: string): string {
    return this.#aliases.get(name) ?? name;
  }

  /** A new model, which the caller disposes. */
  async create(name: string, context: Context): Promise<Model> {
    return await (await this.#found(name))(context);
  }

  /** A model that may be shared: see `keepModels`. */
  async lease(name: string, context: Context): Promise<ModelLease<Model>> {
    return await leaseModel(await this.#found(name), context);
  }

  async #found(name: string): Promise<Factory<Model, Context>> {
    if (!this.has(name) || this.#provisional.has(name)) await finder?.(name);
    return this.#factory(name);
  }

  #made(name: string, model: unknown): Model {
    if (typeof model === 'object' && model !== null) return model as Model;
    throw new InvalidOptionError(
      `The factory of the ${this.#kind} "${name}" returned ${said(model)}.`,
      `Return the ${this.#kind} from it.`,
    );
  }

  #factory(name: string): Factory<Model, Context> {
    const factory = this.#factories.get(this.idOf(name));
    if (factory === undefined) {
      const known = this.names();
      throw new UnknownModelError(
        `There is no ${this.#kind} called "${name}".`,
        known.length > 0
          ? `${didYouMean(name, known)}Registered: ${known.join(', ')}. Add your own with ${this.#register}().`
          : `None is registered: import '@latent-matte/models', or call ${this.#register}().`,
      );
    }
    return factory;
  }
}

export const mattingModels = new Registry<MattingModel, MattingContext | undefined>(
  'matting model',
  'registerMattingModel',
);
export const trimapModels = new Registry<TrimapModel>('trimap model', 'registerTrimapModel');
export const generators = new Registry<Generator, GeneratorContext>(
  'generator',
  'registerGenerator',
);
export const discriminators = new Registry<Discriminator>('discriminator', 'registerDiscriminator');
export const perceptualModels = new Registry<PerceptualModel>(
  'perceptual model',
  'registerPerceptualModel',
);
export const foregroundEstimators = new Registry<ForegroundEstimator>(
  'foreground estimator',
  'registerForegroundEstimator',
);

// Here, and not beside the class: a bundler drops a module whose only use is its side effect.
foregroundEstimators.register('multi-level', () => new MultiLevelEstimator());
foregroundEstimators.register('closed-form', () => new ClosedFormEstimator());
foregroundEstimators.register('blur-fusion', () => new BlurFusionEstimator());

/**
 * Makes a matting model available by name, as `enhancePortrait(image, { model: name })`.
 * The factory runs at each use, or once where `keepModels` holds; the caller of the factory disposes the model. A
 * second registration under the same name replaces the first; when that came with the SDK, `console.warn` says so.
 *
 * ```ts
 * import { cutOut, registerMattingModel } from '@latent-matte/core';
 * import { loadModel } from '@latent-matte/models';
 *
 * registerMattingModel('mine', () => loadModel('compact-matting'));
 * const person = await cutOut(photo, { model: 'mine' });
 * ```
 */
export const registerMattingModel = (
  name: string,
  factory: Factory<MattingModel, MattingContext | undefined>,
): void => mattingModels.register(name, factory);
/**
 * As {@link registerMattingModel}, for `options.trimap`.
 *
 * ```ts
 * import { cutOut, loadModel, useNodeBackend } from '@latent-matte/backend-node';
 * import { registerTrimapModel } from '@latent-matte/backend-node/core';
 *
 * await useNodeBackend();
 * registerTrimapModel('my-trimap', () => loadModel('compact-trimap'));
 * const person = await cutOut('photo.jpg', { model: 'compact-matting', advanced: { trimap: 'my-trimap' } });
 * ```
 */
export const registerTrimapModel = (name: string, factory: Factory<TrimapModel>): void =>
  trimapModels.register(name, factory);
/**
 * As {@link registerMattingModel}, for `options.generator`.
 *
 * ```ts
 * import { enhancePortrait, registerGenerator, type Generator } from '@latent-matte/core';
 *
 * declare function loadMine(): Promise<Generator>;
 * registerGenerator('mine', () => loadMine());
 * const { portrait } = await enhancePortrait(photo, { advanced: { generator: 'mine' } });
 * ```
 */
export const registerGenerator = (
  name: string,
  factory: Factory<Generator, GeneratorContext>,
): void => generators.register(name, factory);
/**
 * As {@link registerMattingModel}, for `options.discriminator`.
 *
 * ```ts
 * import { enhancePortrait, registerDiscriminator } from '@latent-matte/core';
 * import { mockDiscriminator } from '@latent-matte/core/testing';
 *
 * registerDiscriminator('mine', () => mockDiscriminator());
 * await enhancePortrait(photo, { advanced: { discriminator: 'mine' } });
 * ```
 */
export const registerDiscriminator = (name: string, factory: Factory<Discriminator>): void =>
  discriminators.register(name, factory);
/**
 * As {@link registerMattingModel}, for `options.perceptual`.
 *
 * ```ts
 * import { enhancePortrait, registerPerceptualModel } from '@latent-matte/core';
 * import { mockPerceptualModel } from '@latent-matte/core/testing';
 *
 * registerPerceptualModel('mine', () => mockPerceptualModel());
 * await enhancePortrait(photo, { advanced: { perceptual: 'mine' } });
 * ```
 */
export const registerPerceptualModel = (name: string, factory: Factory<PerceptualModel>): void =>
  perceptualModels.register(name, factory);
/**
 * As {@link registerMattingModel}, for `options.foreground`.
 *
 * ```ts
 * import { cutOut, registerForegroundEstimator, type ForegroundEstimator } from '@latent-matte/core';
 *
 * declare const mine: ForegroundEstimator;
 * registerForegroundEstimator('mine', () => mine);
 * const person = await cutOut(photo, { foreground: 'mine' });
 * ```
 */
export const registerForegroundEstimator = (
  name: string,
  factory: Factory<ForegroundEstimator>,
): void => foregroundEstimators.register(name, factory);
