import { LatentMatteError } from '@latent-matte/backend-node';
import { type EvaluationSettings, type StateEntry, StateFile } from './state-file';
import { lockState } from './state-lock';

/** What `runPlan` needs of a {@link StateFile}. */
export type EvaluationState = Pick<StateFile, 'find' | 'append'>;

export interface OpenState extends EvaluationState {
  /** At the end of a run. @param complete a state that nobody asked for is deleted then */
  finish(complete: boolean): Promise<void>;
}

/** Where the state goes when nothing says where. */
const DEFAULT_PATH = 'latent-matte-evaluate.state.jsonl';

/**
 * Opens the state of an evaluation. Without a path it is kept in the current folder while the run lasts; where that
 * cannot be written, at first or later, or another run is using it, this one goes on without, and says so.
 *
 * @throws InvalidOptionError, OutputError see `lockState` and `StateFile.open`
 */
export async function openState(
  path: string | undefined,
  settings: EvaluationSettings,
  resume: boolean,
  note: (text: string) => void,
): Promise<OpenState> {
  const used = path ?? DEFAULT_PATH;
  const isOptional = path === undefined && !resume;
  let unlock: (() => Promise<void>) | undefined;
  let state: StateFile;
  try {
    unlock = await lockState(used);
    state = await StateFile.open(used, settings, { resume, note });
  } catch (error) {
    await unlock?.();
    if (!isOptional || !LatentMatteError.isInstance(error)) throw error;
    note(`this run cannot be resumed: ${error.message}`);
    return inMemory();
  }
  let lost = false;
  return {
    find: (task, files) => state.find(task, files),
    async append(entry) {
      try {
        await state.append(entry);
      } catch (error) {
        if (!isOptional || !LatentMatteError.isInstance(error)) throw error;
        if (!lost) note(`this run cannot be resumed from here: ${error.message}`);
        lost = true;
      }
    },
    async finish(complete) {
      if (complete && path === undefined) await state.remove();
      else await state.close();
      await unlock();
      if (!complete) note(`${used} holds what is done; the same command with --resume goes on.`);
    },
  };
}

function inMemory(): OpenState {
  const done = new Map<string, StateEntry>();
  return {
    find: (task) => done.get(task),
    append: async (entry) => void done.set(entry.task, entry),
    finish: async () => undefined,
  };
}
