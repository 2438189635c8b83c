import * as tf from '@tensorflow/tfjs-core';
import type { LatentCode } from '../contracts';
import { InvalidOptionError, WeightFormatError } from '../errors';
import { type LatentData, type LatentValues, latentCode, latentData } from '../latents/latent-data';
import type { BytesLike } from '../weights/plain-bytes';
import { parseSafetensors, serializeSafetensors, type TensorSource } from '../weights/safetensors';
import { toFloat32 } from '../weights/weight-tensor';
import type { InversionSettings, InversionStep } from './types';

const FORMAT = 'latent-matte.inversion';
const VERSION = '1';

/** What an inversion is of; one that goes on must be the same. */
export interface InversionIdentity {
  readonly settings: InversionSettings;
  /** Bits of the input, by its sum: another photograph is another inversion. */
  readonly input: number;
}

/**
 * An inversion between two steps, whole: what goes on from it ends with the bytes of one that was never interrupted. The
 * exploration's random stream is the seed and the steps.
 */
export interface InversionState extends InversionIdentity {
  readonly history: readonly InversionStep[];
  readonly seconds: number;
  readonly code: LatentCode;
  /** Moments of the optimiser of the stage at hand, as it names its parameters. */
  readonly first: readonly tf.Tensor[];
  readonly second: readonly tf.Tensor[];
  readonly best?: { readonly code: LatentCode; readonly meanSquare: number };
}

/** As a safetensors file. The tensors are not disposed. */
export async function serializeInversion(state: InversionState): Promise<Uint8Array> {
  const { settings, input, history, seconds, best } = state;
  const moments = async (kind: string, tensors: readonly tf.Tensor[]) =>
    Promise.all(
      tensors.map(
        async (tensor, i): Promise<[string, TensorSource]> => [
          `${kind}.${i}`,
          { dtype: 'F32', shape: tensor.shape, data: Float32Array.from(await tensor.data()) },
        ],
      ),
    );
  return serializeSafetensors(
    [
      ...codeTensors('code', await latentData(state.code)),
      ...(best === undefined ? [] : codeTensors('best', await latentData(best.code))),
      ...(await moments('first', state.first)),
      ...(await moments('second', state.second)),
    ],
    {
      format: FORMAT,
      version: VERSION,
      inversion: JSON.stringify({
        settings,
        input,
        history,
        seconds,
        meanSquare: best?.meanSquare ?? null,
      }),
    },
  );
}

const codeTensors = (kind: string, { styles, noise }: LatentData): [string, TensorSource][] =>
  [styles, ...noise].map(({ shape, data }, i) => [`${kind}.${i}`, { dtype: 'F32', shape, data }]);

/**
 * Reads what {@link serializeInversion} wrote, for the inversion at hand.
 *
 * @returns tensors owned by the caller
 * @throws WeightFormatError damaged, or another kind of file
 * @throws InvalidOptionError it belongs to another inversion
 */
export function parseInversion(bytes: BytesLike, expected: InversionIdentity): InversionState {
  const { tensors, metadata } = parseSafetensors(bytes);
  if (metadata.get('format') !== FORMAT || metadata.get('version') !== VERSION) {
    throw new WeightFormatError(
      'This safetensors file is no checkpoint of an inversion that this version can go on from.',
      'Give one that onCheckpoint() was given, or start anew.',
    );
  }
  const { settings, input, history, seconds, meanSquare } = readRecord(metadata.get('inversion'));
  if (
    JSON.stringify({ settings, input }) !==
    JSON.stringify({ settings: expected.settings, input: expected.input })
  ) {
    throw new InvalidOptionError(
      'The checkpoint is of another inversion: another photograph, other networks or options.',
      'Go on with what it was made with, or leave out resume.',
    );
  }
  const list = (kind: string): LatentValues[] => {
    const found: LatentValues[] = [];
    for (let tensor = tensors.get(`${kind}.0`); tensor !== undefined; ) {
      found.push({ shape: tensor.shape, data: toFloat32(tensor, `${kind}.${found.length}`) });
      tensor = tensors.get(`${kind}.${found.length}`);
    }
    return found;
  };
  const code = (kind: string): LatentCode => {
    const [styles, ...noise] = list(kind);
    if (styles?.shape.length !== 2 || noise.some(({ shape }) => shape.length !== 3)) {
      throw new WeightFormatError(`The checkpoint of the inversion has no "${kind}".`);
    }
    return latentCode({ styles, noise });
  };
  const moments = (kind: string) =>
    list(kind).map(({ data, shape }) => tf.tensor(data, [...shape]));
  return {
    settings,
    input,
    history,
    seconds,
    code: code('code'),
    ...(meanSquare !== null && { best: { code: code('best'), meanSquare } }),
    first: moments('first'),
    second: moments('second'),
  };
}

type Record = InversionIdentity & {
  readonly history: readonly InversionStep[];
  readonly seconds: number;
  readonly meanSquare: number | null;
};

function readRecord(text: string | undefined): Record {
  const damaged = () => new WeightFormatError('The state of the inversion is damaged.');
  let record: Partial<Record> | null;
  try {
    record = JSON.parse(text ?? '');
  } catch {
    throw damaged();
  }
  const whole =
    Array.isArray(record?.history) &&
    typeof record.seconds === 'number' &&
    typeof record.settings === 'object';
  if (!whole) throw damaged();
  return record as Record;
}
