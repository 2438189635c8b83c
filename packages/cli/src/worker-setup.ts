/**
 * What every worker of `evaluate --workers` imports: models that the user installed are known there too. A file of its
 * own in the build (tsup.config.ts).
 */
import { registerInstalledModels } from '@latent-matte/backend-node';

await registerInstalledModels();
