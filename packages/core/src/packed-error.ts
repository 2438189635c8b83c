import {
  AbortedError,
  BackendError,
  DatasetError,
  ImageTooLargeError,
  ImageTooSmallError,
  InvalidImageError,
  InvalidOptionError,
  LatentMatteError,
  type LatentMatteErrorCode,
  ModelOutputError,
  NoPersonError,
  OutputError,
  QueueError,
  TrainingError,
  UnknownModelError,
  WeightFormatError,
  WeightsError,
} from './errors';

/** An error as plain data, for `postMessage`: structured cloning forgets classes and own properties. */
export interface PackedError {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  /** Present on errors of this SDK. */
  readonly code?: LatentMatteErrorCode;
  readonly remedy?: string;
  /** Of an {@link AbortedError}. */
  readonly best?: unknown;
  readonly cause?: PackedError;
}

/** Causes of causes that are kept. */
const MAX_DEPTH = 4;

/** Turns whatever was thrown into data that crosses a thread; {@link unpackError} is the way back. */
export function packError(error: unknown, depth = 0): PackedError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) };
  const { name, message, stack, cause } = error;
  return {
    name,
    message,
    stack,
    ...(LatentMatteError.isInstance(error) ? { code: error.code, remedy: error.remedy } : {}),
    ...('best' in error && error.best !== undefined ? { best: error.best } : {}),
    ...(cause === undefined || depth >= MAX_DEPTH ? {} : { cause: packError(cause, depth + 1) }),
  };
}

/** The error {@link packError} was given: of the same class where it is one of this SDK, with its stack. */
export function unpackError(packed: PackedError): Error {
  const cause = packed.cause === undefined ? undefined : unpackError(packed.cause);
  const error = revive(packed, cause === undefined ? {} : { cause });
  if (packed.stack !== undefined) error.stack = packed.stack;
  return error;
}

function revive(packed: PackedError, options: { cause?: unknown }): Error {
  const { name, message, code, remedy = '' } = packed;
  if (code === undefined) return Object.assign(new Error(message, options), { name });
  // The constructors append the remedy again.
  const problem =
    remedy !== '' && message.endsWith(remedy)
      ? message.slice(0, -remedy.length).trimEnd()
      : message;
  if (code === 'ABORTED') return new AbortedError(problem, packed.best, options);
  const Known = Object.hasOwn(classes, code) ? classes[code] : undefined;
  if (Known === undefined) return new LatentMatteError(code, problem, remedy, options);
  const error = new Known(problem, remedy, options);
  // Not every class takes a cause.
  return Object.assign(error, options);
}

type ErrorClass = new (
  message: string,
  remedy: string,
  options?: { cause?: unknown },
) => LatentMatteError;

const classes: Readonly<Partial<Record<LatentMatteErrorCode, ErrorClass>>> = {
  INVALID_OPTION: InvalidOptionError,
  INVALID_IMAGE: InvalidImageError,
  IMAGE_TOO_SMALL: ImageTooSmallError,
  IMAGE_TOO_LARGE: ImageTooLargeError,
  NO_PERSON: NoPersonError,
  UNKNOWN_MODEL: UnknownModelError,
  MODEL_OUTPUT: ModelOutputError,
  WEIGHTS: WeightsError,
  WEIGHT_FORMAT: WeightFormatError,
  BACKEND: BackendError,
  OUTPUT: OutputError,
  DATASET: DatasetError,
  QUEUE: QueueError,
  TRAINING: TrainingError,
};
