// node enhance.mjs [photo] [steps]: the same matting method as an ONNX file and as a TensorFlow.js graph model, each the
// model that a portrait is enhanced for.
import { mkdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import {
  enhancePortrait,
  readImage,
  registerMattingModel,
  useNodeBackend,
  writeImage,
} from '@latent-matte/backend-node';
import { fromGraphModel, fromOnnx } from '@latent-matte/backend-node/models';
import { GraphModel } from '@tensorflow/tfjs-converter';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const [photo = here('../quickstart/astronaut-portrait.png'), steps = '10'] = process.argv.slice(2);

/** What the network wants and answers; the rest is the default. */
const description = {
  kind: 'matting',
  license: 'MIT (no weights)',
  input: { name: 'image', size: { min: 32, max: 1024 } },
  trimap: { as: 'input', name: 'trimap' },
  output: { name: 'alpha' },
};

const onnx = await readFile(here('models/guided-filter.onnx'));
registerMattingModel('onnx', () =>
  fromOnnx(onnx, { ...description, name: 'guided-filter (ONNX)' }),
);

const graphFile = JSON.parse(await readFile(here('models/guided-filter-graph/model.json'), 'utf8'));
const graphWeights = await readFile(here('models/guided-filter-graph/weights.bin'));
registerMattingModel('graph', async () => {
  const graph = new GraphModel({
    load: () => ({
      modelTopology: graphFile.modelTopology,
      weightSpecs: graphFile.weightsManifest[0].weights,
      weightData: new Uint8Array(graphWeights).buffer,
    }),
  });
  graph.load();
  const model = await fromGraphModel(graph, {
    ...description,
    name: 'guided-filter (graph model)',
    input: { ...description.input, layout: 'NHWC' },
  });
  graph.dispose();
  return model;
});

await useNodeBackend();
const image = await readImage(photo);
const mattes = {};
for (const model of ['onnx', 'graph']) {
  const { portrait, original, enhanced, bestStep, psnr, settings } = await enhancePortrait(image, {
    model,
    steps: Number(steps),
    // Wide unknown regions suit a filter that knows nothing of people.
    advanced: { trimap: 'compact-trimap' },
  });
  mattes[model] = original.alpha;
  await mkdir(here('out'), { recursive: true });
  await writeImage(here(`out/${model}-portrait.png`), portrait);
  await writeImage(here(`out/${model}-alpha.png`), enhanced.alpha);
  console.log(
    `${settings.model}: step ${bestStep} of ${steps}, ${psnr.toFixed(1)} dB to the photo`,
  );
}
let difference = 0;
for (const [i, value] of mattes.onnx.data.entries()) {
  difference = Math.max(difference, Math.abs(value - mattes.graph.data[i]));
}
console.log(`largest difference of their mattes of the photo: ${difference.toExponential(1)}`);
