// Enhances a real portrait and says what it did: node quickstart.mjs [photo] [steps]
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  enhancePortrait,
  LatentMatteError,
  readImage,
  useNodeBackend,
} from '@latent-matte/backend-node';
import { loadMediapipeSelfieMatting } from '@latent-matte/backend-node/models';
import {
  createProgress,
  describeEnhancement,
  processTerminal,
  writeEnhancement,
} from 'latent-matte';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const photo = process.argv[2] ?? here('astronaut-portrait.png');
const steps = process.argv[3] === undefined ? {} : { steps: Number(process.argv[3]) };

/** A network that many pages use, Apache-2.0: of the collar of this photograph it misses a part. */
const MEDIAPIPE = '@mediapipe/selfie_segmentation/selfie_segmentation.tflite';

const stop = new AbortController();
process.once('SIGINT', () => stop.abort());

const progress = createProgress(processTerminal, basename(photo));
try {
  const backend = await useNodeBackend();
  console.log(`device     ${backend.description}`);
  const source = await readImage(photo);
  const weights = await readFile(createRequire(import.meta.url).resolve(MEDIAPIPE));
  const enhancement = await enhancePortrait(source, {
    ...steps,
    model: await loadMediapipeSelfieMatting({ weights }),
    signal: stop.signal,
    onProgress: progress.onProgress,
    // Its opinion is heard where the two contradict each other.
    advanced: { judges: ['portrait-matte'], onPhase: progress.onPhase },
  });
  progress.stop();
  const { folder, report, result } = await writeEnhancement(here('../../out/quickstart'), {
    name: basename(photo),
    source,
    enhancement,
    signal: stop.signal,
  });
  for (const line of describeEnhancement(enhancement, source)) console.log(line);
  console.log(`change     perturbation.png shows it ×${result.amplification}`);
  console.log(`files      ${folder}`);
  console.log(`look at    ${report}`);
} catch (error) {
  progress.stop();
  if (!LatentMatteError.isInstance(error)) throw error;
  console.error(stop.signal.aborted ? 'Stopped; nothing was written.' : `error: ${error.message}`);
  process.exitCode = stop.signal.aborted ? 130 : 1;
}
