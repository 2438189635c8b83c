import type { Command } from 'commander';
import { addConvertOptions, type ConvertCommandOptions } from '../convert/grammar';
import { addDescribeOption } from '../model-choice/model-choice-options';

export interface AddModelCommandOptions extends ConvertCommandOptions {
  readonly id?: string;
  readonly network?: string;
  readonly license?: string;
  readonly force?: true;
  readonly from?: string;
  readonly yes?: true;
  readonly describe?: readonly string[];
}

export interface ModelsActions {
  listModels(options: { json?: true }): Promise<void>;
  addModel(files: string[], options: AddModelCommandOptions): Promise<void>;
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
  $ latent-matte models add rvm
  $ latent-matte models add rvm --from downloads/model.json --yes
  $ latent-matte models add my-net.onnx --id my-net --describe description.json
  $ latent-matte models add stylegan2-ffhq-config-f.pt --id ffhq --dtype f16 --license "NVIDIA, non-commercial"
  $ latent-matte models add squeezenet1_1-b8a52dc0.pth squeeze.pth --id lpips --network lpips-squeeze
  $ latent-matte enhance photo.jpg -o results --generator ffhq`,
    );
  command
    .command('list')
    .description('list embedded and installed models, and networks that take weights')
    .option('--json', 'print JSON')
    .action(actions.listModels);
  const add = command
    .command('add')
    .description(
      'keep a model under an id: a known one, fetched when you accept its licence; a model file; or\na checkpoint, converted. Each is made once before it is kept',
    )
    .argument(
      '<name|file...>',
      'a known name (models list), an .onnx or .tflite file, a model.json; or as for convert, several files are joined',
    )
    .option('--id <name>', 'name for --model, --generator … and loadModel(); of files required')
    .option('--from <path>', 'of a known name: take its files from here, and fetch nothing')
    .option('--yes', 'the licence of a known name is accepted')
    .option('--network <name>', 'what a checkpoint is (StyleGAN2 is recognised); see models list')
    .option('--license <text>', 'licence of the weights (default: unknown)')
    .option('--force', 'replace a model of the same id');
  addConvertOptions(addDescribeOption(add)).action(actions.addModel);
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
