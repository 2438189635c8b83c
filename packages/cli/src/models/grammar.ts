import type { Command } from 'commander';
import { addConvertOptions, type ConvertCommandOptions } from '../convert/grammar';

export interface AddModelOptions extends ConvertCommandOptions {
  readonly id: string;
  readonly network?: string;
  readonly license?: string;
  readonly force?: true;
}

export interface ModelsActions {
  listModels(options: { json?: true }): Promise<void>;
  addModel(files: string[], options: AddModelOptions): Promise<void>;
  removeModel(id: string): Promise<void>;
  verifyModels(ids: string[]): Promise<void>;
}

/** `latent-matte models`. */
export function addModelsCommand(program: Command, actions: ModelsActions): void {
  const command = program
    .command('models')
    .description('models by id: those that come along, and those you add')
    .addHelpText(
      'after',
      `
Examples:
  $ latent-matte models list
  $ latent-matte models add stylegan2-ffhq-config-f.pt --id ffhq --dtype f16 --license "NVIDIA, non-commercial"
  $ latent-matte models add squeezenet1_1-b8a52dc0.pth squeeze.pth --id lpips --network lpips-squeeze
  $ latent-matte enhance photo.jpg -o results --generator ffhq`,
    );
  command
    .command('list')
    .description('list embedded and installed models, and networks that take weights')
    .option('--json', 'print JSON')
    .action(actions.listModels);
  addConvertOptions(
    command
      .command('add')
      .description(
        'convert a checkpoint, check that its network accepts it, and keep it under an id',
      )
      .argument('<file...>', 'as for convert; several files are joined')
      .requiredOption('--id <name>', 'name for --model, --generator … and loadModel()')
      .option('--network <name>', 'what it is (StyleGAN2 is recognised); see models list')
      .option('--license <text>', 'licence of the weights (default: unknown)')
      .option('--force', 'replace a model of the same id'),
  ).action(actions.addModel);
  command
    .command('remove')
    .description('remove an installed model and its weights')
    .argument('<id>')
    .action(actions.removeModel);
  command
    .command('verify')
    .description('compare installed models with the size and SHA-256 they were added with')
    .argument('[id...]', 'default: all')
    .action(actions.verifyModels);
}
