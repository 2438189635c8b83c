// Enhances a real portrait and says what it did: node quickstart.mjs [photo] [steps]
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  enhancePortrait,
  LatentMatteError,
  readImage,
  useNodeBackend,
} from '@latent-matte/backend-node';
import {
  createProgress,
  describeEnhancement,
  processTerminal,
  writeEnhancement,
} from 'latent-matte';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const photo = process.argv[2] ?? here('astronaut-portrait.png');
const steps = process.argv[3] === undefined ? {} : { steps: Number(process.argv[3]) };

const stop = new AbortController();
process.once('SIGINT', () => stop.abort());

const progress = createProgress(processTerminal, basename(photo));
try {
  const backend = await useNodeBackend();
  console.log(`device     ${backend.description}`);
  const source = await readImage(photo);
  const enhancement = await enhancePortrait(source, {
    ...steps,
    signal: stop.signal,
    onProgress: progress.onProgress,
    advanced: { onPhase: progress.onPhase },
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
