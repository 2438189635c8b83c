/**
 * Every error this SDK throws on purpose. `code` is stable and meant for programs, `message` says what was
 * wrong, `remedy` what to do about it.
 *
 * `isInstance` works across duplicate installs of the package, where `instanceof` does not.
 */
const marker = Symbol.for('latent-matte.error');

export type LatentMatteErrorCode =
  | 'INVALID_OPTION'
  | 'INVALID_IMAGE'
  | 'IMAGE_TOO_SMALL'
  | 'IMAGE_TOO_LARGE'
  | 'NO_PERSON'
  | 'UNKNOWN_MODEL'
  | 'MODEL_OUTPUT'
  | 'WEIGHTS'
  | 'WEIGHT_FORMAT'
  | 'BACKEND'
  | 'OUTPUT'
  | 'DATASET'
  | 'TRAINING'
  | 'QUEUE'
  | 'ABORTED';

export class LatentMatteError extends Error {
  readonly [marker] = true;
  readonly code: LatentMatteErrorCode;
  /** What to do about it, one sentence. */
  readonly remedy: string;

  constructor(
    code: LatentMatteErrorCode,
    message: string,
    remedy: string,
    options?: { cause?: unknown },
  ) {
    super(`${message} ${remedy}`.trim(), options);
    // Classes of this file say their own, since bundlers shorten the names of classes.
    this.name = new.target === LatentMatteError ? 'LatentMatteError' : new.target.name;
    this.code = code;
    this.remedy = remedy;
  }

  /** True for every error of this SDK, whichever copy of the package made it. */
  static isInstance(value: unknown): value is LatentMatteError {
    return typeof value === 'object' && value !== null && marker in value;
  }
}

/** An option has a value outside its documented range. */
export class InvalidOptionError extends LatentMatteError {
  override readonly name: string = 'InvalidOptionError';
  constructor(message: string, remedy: string) {
    super('INVALID_OPTION', message, remedy);
  }
}

/** Not an image, an undecodable image, or pixel data that contradicts its size. */
export class InvalidImageError extends LatentMatteError {
  override readonly name: string = 'InvalidImageError';
  constructor(message: string, remedy: string, options?: { cause?: unknown }) {
    super('INVALID_IMAGE', message, remedy, options);
  }
}

/** Fewer pixels than any network can use. */
export class ImageTooSmallError extends LatentMatteError {
  override readonly name: string = 'ImageTooSmallError';
  constructor(message: string, remedy: string) {
    super('IMAGE_TOO_SMALL', message, remedy);
  }
}

/** More pixels than the limit; nothing was allocated for it. */
export class ImageTooLargeError extends LatentMatteError {
  override readonly name: string = 'ImageTooLargeError';
  constructor(message: string, remedy: string) {
    super('IMAGE_TOO_LARGE', message, remedy);
  }
}

/** The trimap model sees no foreground in the picture. */
export class NoPersonError extends LatentMatteError {
  override readonly name: string = 'NoPersonError';
  constructor(message: string, remedy: string) {
    super('NO_PERSON', message, remedy);
  }
}

/** No model is registered under that name. */
export class UnknownModelError extends LatentMatteError {
  override readonly name: string = 'UnknownModelError';
  constructor(message: string, remedy: string) {
    super('UNKNOWN_MODEL', message, remedy);
  }
}

/** A model returned the wrong shape, or NaN. */
export class ModelOutputError extends LatentMatteError {
  override readonly name: string = 'ModelOutputError';
  constructor(message: string, remedy: string) {
    super('MODEL_OUTPUT', message, remedy);
  }
}

/** Weights that do not fit the network: missing, unexpected, misshapen, of the wrong type, not finite. */
export class WeightsError extends LatentMatteError {
  override readonly name: string = 'WeightsError';
  constructor(message: string, remedy: string, options?: { cause?: unknown }) {
    super('WEIGHTS', message, remedy, options);
  }
}

/** A weight file that is damaged, hostile, or not of the format it claims. */
export class WeightFormatError extends LatentMatteError {
  override readonly name: string = 'WeightFormatError';
  constructor(
    message: string,
    remedy = 'Download the file again or export it anew.',
    options?: { cause?: unknown },
  ) {
    super('WEIGHT_FORMAT', message, remedy, options);
  }
}

/** A device cannot be used, or none was activated. */
export class BackendError extends LatentMatteError {
  override readonly name: string = 'BackendError';
  constructor(message: string, remedy: string, options?: { cause?: unknown }) {
    super('BACKEND', message, remedy, options);
  }
}

/** A result cannot be written. */
export class OutputError extends LatentMatteError {
  override readonly name: string = 'OutputError';
  constructor(message: string, remedy: string, options?: { cause?: unknown }) {
    super('OUTPUT', message, remedy, options);
  }
}

/** An evaluation folder is incomplete or inconsistent. */
export class DatasetError extends LatentMatteError {
  override readonly name: string = 'DatasetError';
  constructor(message: string, remedy: string) {
    super('DATASET', message, remedy);
  }
}

/** A training cannot go on: its loss is no longer a number. The model holds the best weights so far. */
export class TrainingError extends LatentMatteError {
  override readonly name: string = 'TrainingError';
  constructor(message: string, remedy: string) {
    super('TRAINING', message, remedy);
  }
}

/** A queue of work cannot be reached, is used by another run, or holds work that failed. */
export class QueueError extends LatentMatteError {
  override readonly name: string = 'QueueError';
  constructor(message: string, remedy: string, options?: { cause?: unknown }) {
    super('QUEUE', message, remedy, options);
  }
}

/**
 * The `AbortSignal` fired. `best` is the best result so far where the operation has one
 * (`enhancePortrait`: an `Enhancement`, `fineTune`: a `FineTuning`), otherwise `undefined`.
 */
export class AbortedError<Best = unknown> extends LatentMatteError {
  override readonly name: string = 'AbortedError';
  readonly best: Best | undefined;
  constructor(message: string, best?: Best, options?: { cause?: unknown }) {
    super('ABORTED', message, '', options);
    this.best = best;
  }

  /** True for every error of this kind, whichever copy of the package made it. */
  static override isInstance(value: unknown): value is AbortedError {
    return LatentMatteError.isInstance(value) && value.code === 'ABORTED';
  }
}
