/**
 * What every worker of this command imports: models that the user installed, and model files that the command was
 * given, are known there too. A file of its own in the build (tsup.config.ts).
 */
import { registerInstalledModels } from '@latent-matte/backend-node/models';
import { filesOfSetup, registerChosenFile } from './model-choice/chosen-files';

await registerInstalledModels();
for (const file of filesOfSetup(import.meta.url)) await registerChosenFile(file);
