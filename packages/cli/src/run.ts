import { keepModels } from '@latent-matte/backend-node';
import { CommanderError } from 'commander';
import { convertCommand } from './convert/run';
import { cutOutCommand } from './cut-out/run';
import { checkDatasetCommand } from './dataset/run';
import { doctorCommand } from './doctor/run';
import { enhanceCommand } from './enhance/run';
import { evaluateCommand } from './evaluate/run';
import { fineTuneCommand } from './fine-tune/run';
import { generateCommand } from './generate/run';
import { invertCommand } from './invert/run';
import { refuseModelFile, resolveModelChoices } from './model-choice/resolve-model-choice';
import { listModelsCommand } from './models/list-models';
import { addModelCommand, removeModelCommand, verifyModelsCommand } from './models/run';
import { createProgram } from './program';
import { queueStatusCommand } from './queue/run';
import { reproduceCommand } from './reproduce/run';
import { serveCommand } from './serve/run';
import { interruptSignal } from './terminal/interrupt';
import { reportError } from './terminal/report-error';
import { guardProcessStreams, processTerminal, type Terminal } from './terminal/terminal';
import { workerCommand } from './worker/run';

/** 128 + SIGINT, what a shell expects of an interrupted program. */
const EXIT_INTERRUPTED = 130;

/**
 * The command line: `run(['enhance', 'photo.jpg', '--out', 'results'])`.
 *
 * ```ts
 * import { run } from 'latent-matte';
 *
 * const code = await run(['cut-out', 'photo.jpg', '--out', 'person.png']);
 * ```
 *
 * @param parameters without the names of Node and of the script
 * @param signal stops the command; default: Ctrl-C
 * @returns the exit code: 0, 1 after an error, 130 when stopped
 */
export async function run(
  parameters: readonly string[],
  terminal: Terminal = processTerminal,
  signal?: AbortSignal,
): Promise<number> {
  if (terminal === processTerminal) guardProcessStreams();
  const interrupt = signal === undefined ? interruptSignal(terminal) : { signal, release() {} };
  let code = 0;
  // Ctrl-C is how a server ends.
  let served = false;
  const program = createProgram(terminal, {
    enhance: async (photos, options) => {
      const chosen = await resolveModelChoices(options, terminal);
      code = await enhanceCommand(photos, chosen, terminal, interrupt.signal);
    },
    cutOut: async (photos, options) => {
      const chosen = await resolveModelChoices(options, terminal);
      code = await cutOutCommand(photos, chosen, terminal, interrupt.signal);
    },
    serve: async (options) => {
      const chosen = await resolveModelChoices(options, terminal);
      await serveCommand(chosen, terminal, interrupt.signal);
      served = true;
    },
    evaluate: async (options) => {
      const chosen = await resolveModelChoices(options, terminal);
      code = await evaluateCommand(chosen, terminal, interrupt.signal);
    },
    checkDataset: async (folder, options) => {
      code = await checkDatasetCommand(folder, options, terminal);
    },
    invert: (photo, options) => invertCommand(photo, options, terminal, interrupt.signal),
    reproduce: async (options) => {
      code = await reproduceCommand(options, terminal, interrupt.signal);
    },
    fineTune: async (options) => {
      refuseModelFile(options.model);
      await fineTuneCommand(options, terminal, interrupt.signal);
    },
    convert: (input, output, options) =>
      convertCommand(input, output, options, terminal, interrupt.signal),
    generate: async (options) => {
      const chosen = await resolveModelChoices(options, terminal);
      await generateCommand(chosen, terminal, interrupt.signal);
    },
    worker: (options) => workerCommand(options, terminal, interrupt.signal),
    queueStatus: (options) => queueStatusCommand(options, terminal),
    listModels: (options) => listModelsCommand(options, terminal),
    addModel: (files, options) => addModelCommand(files, options, terminal, interrupt.signal),
    removeModel: (id) => removeModelCommand(id, terminal),
    verifyModels: async (ids) => {
      code = await verifyModelsCommand(ids, terminal);
    },
    doctor: async (options) => doctorCommand(options, terminal),
  });
  // Of all photos of a command.
  const release = keepModels();
  try {
    await program.parseAsync(parameters, { from: 'user' });
    return interrupt.signal.aborted && !served ? EXIT_INTERRUPTED : code;
  } catch (error) {
    // Commander has printed its message; help and version end with code 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 1;
    if (interrupt.signal.aborted) {
      terminal.note('Stopped.');
      return EXIT_INTERRUPTED;
    }
    reportError(error, terminal, program.opts().verbose === true);
    return 1;
  } finally {
    release();
    interrupt.release();
  }
}
