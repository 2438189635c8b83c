import { InvalidOptionError, WeightFormatError } from '../errors';
import type { MatteErrors } from '../metrics';
import { parseSafetensors, serializeSafetensors, type TensorSource } from '../weights/safetensors';
import { toFloat32 } from '../weights/weight-tensor';
import type { FineTuneSettings } from './options';
import type { FineTuneRecord } from './types';
import type { Values, WeightSnapshot } from './weight-snapshot';

const FORMAT = 'latent-matte.fine-tuning';
/** 2: with the average. */
const VERSION = '2';

/**
 * A training between two updates, whole: what goes on from it ends with the bytes of one that was never interrupted.
 * The state of all random streams is the seed (in the settings) and the step.
 */
export interface TrainingState {
  /** Updates made. */
  readonly step: number;
  readonly settings: FineTuneSettings;
  /** How many pairs of each kind there are. */
  readonly counts: Readonly<Record<'pairs' | 'real' | 'validation', number>>;
  readonly current: WeightSnapshot;
  /** Their moving average; absent where there is none. */
  readonly average?: WeightSnapshot;
  /** Moments of the optimiser by name of the variable; empty before the first update. */
  readonly first: Values;
  readonly second: Values;
  readonly best: WeightSnapshot & { readonly step: number; readonly errors: MatteErrors | null };
  /** Validations without a new best. */
  readonly waiting: number;
  readonly history: readonly FineTuneRecord[];
}

/** Shapes of the variables and of the statistics of the model. */
export interface ModelShapes {
  readonly variables: Readonly<Record<string, readonly number[]>>;
  readonly state: Readonly<Record<string, readonly number[]>>;
}

/** A {@link TrainingState} as a safetensors file. Equal states give equal bytes. */
export function serializeTraining(state: TrainingState, shapes: ModelShapes): Uint8Array {
  const group = (
    kind: string,
    values: Values,
    of: Readonly<Record<string, readonly number[]>>,
  ): [string, TensorSource][] =>
    Object.entries(values).map(([name, data]) => [
      `${kind}/${name}`,
      { dtype: 'F32', shape: of[name], data },
    ]);
  const snapshot = (kind: string, { variables, state }: WeightSnapshot) => [
    ...group(`${kind}variables`, variables, shapes.variables),
    ...group(`${kind}state`, state, shapes.state),
  ];
  const { step, settings, counts, average, best, waiting, history } = state;
  return serializeSafetensors(
    [
      ...snapshot('', state.current),
      ...(average === undefined ? [] : snapshot('average/', average)),
      ...group('first', state.first, shapes.variables),
      ...group('second', state.second, shapes.variables),
      ...snapshot('best/', best),
    ],
    {
      format: FORMAT,
      version: VERSION,
      network: settings.model,
      training: JSON.stringify({
        step,
        settings,
        counts,
        best: { step: best.step, errors: best.errors },
        waiting,
        history,
      }),
    },
  );
}

/**
 * Reads what {@link serializeTraining} wrote, for a training with these settings, data and model.
 *
 * @param trained names of the variables that move
 * @throws WeightFormatError damaged, or another kind of file
 * @throws InvalidOptionError it belongs to another training; the message says in what
 */
export function parseTraining(
  bytes: Uint8Array,
  expected: Pick<TrainingState, 'settings' | 'counts'>,
  shapes: ModelShapes,
  trained: readonly string[],
): TrainingState {
  const { tensors, metadata } = parseSafetensors(bytes);
  if (metadata.get('format') !== FORMAT || metadata.get('version') !== VERSION) {
    throw new WeightFormatError(
      'This safetensors file is no checkpoint of a fine-tuning that this version can go on from.',
      'Give one that onCheckpoint() was given, or start anew.',
    );
  }
  const training = readTraining(metadata.get('training'));
  assertSame(training, expected);
  const read = (name: string, shape: readonly number[]): Float32Array => {
    const tensor = tensors.get(name);
    if (tensor === undefined || tensor.shape.join() !== shape.join()) {
      throw new WeightFormatError(
        `The checkpoint has ${tensor === undefined ? 'no' : `shape [${tensor.shape}] for`} "${name}"; the model has [${shape}].`,
        'Go on with the model it was made with.',
      );
    }
    const values = toFloat32(tensor, name);
    const bad = values.findIndex((value) => !Number.isFinite(value));
    if (bad < 0) return values;
    throw new WeightFormatError(`"${name}" of the checkpoint is ${values[bad]} at index ${bad}.`);
  };
  const group = (kind: string, of: Readonly<Record<string, readonly number[]>>): Values =>
    Object.fromEntries(
      Object.entries(of).map(([name, shape]) => [name, read(`${kind}/${name}`, shape)]),
    );
  const moments =
    training.step === 0
      ? {}
      : Object.fromEntries(trained.map((name) => [name, shapes.variables[name]]));
  const snapshot = (kind: string): WeightSnapshot => ({
    variables: group(`${kind}variables`, shapes.variables),
    state: group(`${kind}state`, shapes.state),
  });
  return {
    ...training,
    current: snapshot(''),
    ...(expected.settings.averageDecay > 0 && { average: snapshot('average/') }),
    first: group('first', moments),
    second: group('second', moments),
    best: { ...training.best, ...snapshot('best/') },
  };
}

type Training = Pick<TrainingState, 'step' | 'settings' | 'counts' | 'waiting' | 'history'> & {
  readonly best: Pick<TrainingState['best'], 'step' | 'errors'>;
};

function readTraining(text: string | undefined): Training {
  const damaged = () =>
    new WeightFormatError('The state of the training in the checkpoint is damaged.');
  let training: Training;
  try {
    training = JSON.parse(text ?? '');
  } catch {
    throw damaged();
  }
  const { step, settings, counts, best, waiting, history } = training ?? {};
  const isObject = (value: unknown) => typeof value === 'object' && value !== null;
  const sound =
    [step, waiting, best?.step].every((value) => Number.isSafeInteger(value) && value >= 0) &&
    isObject(settings) &&
    isObject(counts) &&
    Array.isArray(history) &&
    history.length === step + 1 &&
    history.every((record, i) => (record as FineTuneRecord | null)?.step === i);
  if (!sound) throw damaged();
  return training;
}

/** @throws InvalidOptionError naming what differs */
function assertSame(found: Training, expected: Pick<TrainingState, 'settings' | 'counts'>): void {
  const flat = ({ settings, counts }: Pick<TrainingState, 'settings' | 'counts'>) =>
    new Map<string, string>([
      ...Object.entries(settings).map(([key, value]): [string, string] => [
        key,
        JSON.stringify(value),
      ]),
      ...Object.entries(counts).map(([key, value]): [string, string] => [
        `number of ${key}`,
        `${value}`,
      ]),
    ]);
  const [before, now] = [flat(found), flat(expected)];
  const differences = [...new Set([...before.keys(), ...now.keys()])].filter(
    (key) => before.get(key) !== now.get(key),
  );
  if (differences.length === 0) return;
  const list = differences.map(
    (key) => `${key} was ${before.get(key) ?? 'absent'} and is ${now.get(key) ?? 'absent'}`,
  );
  throw new InvalidOptionError(
    `The checkpoint belongs to another training: ${list.join('; ')}.`,
    'Go on with the same model, data and options, or start anew.',
  );
}
