import type { QualityLimits } from '@latent-matte/backend-node/generate';
import { generateOptions, type OptionsOf } from '@latent-matte/core/options';
import type { Command } from 'commander';
import { addAdvancedFlag } from '../flags/advanced-help';
import { addBackgroundOptions, type BackgroundFlags } from '../flags/backgrounds';
import { addDeviceFlag, type DeviceFlag } from '../flags/device';
import { positiveInteger, wordAndNumber } from '../flags/parse';
import { addReferenceFlag } from '../flags/search-flags';
import { addTableFlags } from '../flags/table-flags';
import { addDescribeOption } from '../model-choice/model-choice-options';

/** At most this many are drawn from a folder: they are kept in memory. */
export const GENERATE_BACKGROUNDS = 32;

type TableFlags = Omit<
  OptionsOf<typeof generateOptions>,
  | 'count'
  | 'generator'
  | 'models'
  | 'references'
  | 'gate'
  | 'backgrounds'
  | 'signal'
  | 'onProgress'
  | 'keepEnhanced'
>;

export interface GenerateCommandOptions extends Readonly<TableFlags>, BackgroundFlags, DeviceFlag {
  readonly count: number;
  readonly out: string;
  readonly generator: string;
  readonly models?: readonly string[];
  readonly limit: Partial<QualityLimits>;
  /** `--no-gate` */
  readonly gate: boolean;
  /** `--no-latents` */
  readonly latents: boolean;
  readonly keepEnhanced?: boolean;
  readonly keepRejected?: true;
  readonly workers?: number;
  readonly queue?: string;
  readonly name?: string;
  readonly range?: number;
  readonly detach?: true;
  /** Every run goes on with what is there: the flag is for those who expect it. */
  readonly resume?: true;
  readonly json?: true;
}

export interface GenerateActions {
  generate(options: GenerateCommandOptions): Promise<void>;
}

const limits = [
  'maxEntropy',
  'minCoverage',
  'maxCoverage',
  'maxUnknown',
  'minLargestPart',
  'maxContradiction',
  'maxDisagreement',
] as const satisfies (keyof QualityLimits)[];

/** `latent-matte generate`. */
export function addGenerateCommand(program: Command, actions: GenerateActions): void {
  const generate = program
    .command('generate')
    .description('make portraits with pseudo ground truth, to train matting models with')
    .requiredOption('-o, --out <folder>', 'where they go: a folder, or s3://BUCKET/PREFIX');
  addTableFlags(generate, generateOptions, {
    first: [
      ...['count', 'seed', 'start', 'generator', 'models', 'steps', 'portrait', 'label'],
      ...['keepEnhanced', 'batch'],
    ],
    words: {
      count: { unit: 'pairs', required: true },
      seed: { unit: 'number' },
      start: { unit: 'index' },
      generator: { default: 'compact-generator' },
      models: {
        long: 'model',
        short: 'm',
        unit: 'name',
        doc: 'matting model: each pair is made with one of them',
        parse: (text) => text,
        repeatable: true,
      },
      references: false,
      weights: { long: 'weight', doc: 'weight of entropy or compositional, 0 = off' },
    },
  });
  addReferenceFlag(generate);
  addDescribeOption(generate);
  generate
    .option(
      '--limit <name=value>',
      `limit of the quality gate, repeatable: ${limits.join(', ')}`,
      wordAndNumber(limits, 'LIMIT'),
      {},
    )
    .option('--no-gate', 'accept every pair')
    .option('--no-latents', 'do not write the latents, the largest of the files')
    .option('--keep-rejected', 'also write the pictures of rejected pairs')
    .option(
      '--workers <count>',
      'threads that make pairs (default: one per core, 1 on a GPU)',
      positiveInteger,
    );
  addDeviceFlag(generate)
    .option('--queue <url>', 'redis://HOST:PORT: let `latent-matte worker` make them, anywhere')
    .option('--name <name>', 'which queue of that Redis (default: latent-matte-generate)')
    .option('--range <pairs>', 'pairs in one job of the queue (default: 16)', positiveInteger)
    .option('--detach', 'with --queue: do not wait for the workers')
    .option('--resume', 'go on where OUT stands, as every run does')
    .option('--json', 'print the result as JSON');
  addBackgroundOptions(addAdvancedFlag(generate), GENERATE_BACKGROUNDS)
    .addHelpText(
      'after',
      `
In OUT/: manifest.jsonl, a line for each pair; 00000/image/00000042.png and the same in alpha/ trimap/ latents/, a
thousand pairs a folder; generation.json, the settings. The same command goes on where it was stopped or killed, and a
larger --count adds pairs. Equal settings give equal bytes, whatever --workers or --queue.

Examples:
  $ latent-matte generate --count 10000 --seed 1 --out pairs
  $ latent-matte generate --count 1000 --out pairs --model compact-matting --model gca --workers 4
  $ latent-matte generate --count 10000 --out s3://pairs/run-1 --queue redis://10.0.0.5:6379

Exit codes: 0 all done, 1 an error, 130 stopped with Ctrl-C (nothing half-written is left behind).`,
    )
    .action(actions.generate);
}
