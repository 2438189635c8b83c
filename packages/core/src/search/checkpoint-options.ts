import { callback, value, whole } from './option-table';

/** Options of every long call that can be gone on with: an inversion, a fine-tuning. */
export const checkpointOptions = {
  /** Call `onCheckpoint` every this many steps. */
  checkpointEvery: whole({
    min: 1,
    doc: 'write a checkpoint every this many steps',
    unit: 'steps',
    default: 100,
    reads: {
      when: ({ isGiven }) => isGiven('onCheckpoint'),
      unless: 'no onCheckpoint takes the checkpoints',
    },
  }),
  /** Given everything that is needed to go on, a safetensors file. The call waits for it. */
  onCheckpoint: callback<(bytes: Uint8Array, step: number) => void | Promise<void>>({
    doc: 'given everything that is needed to go on',
  }),
  /** A checkpoint to go on from, of the same call with the same models, data and options: the same bytes in the end. */
  resume: value<Uint8Array>('bytes of a checkpoint', { doc: 'a checkpoint to go on from' }),
} as const;
