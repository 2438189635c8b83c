// The page that every bundler bundles: one small portrait, one step, in the worker and then on the page.
import { enhancePortrait, readImage, toImageData, useWebBackend } from '@latent-matte/backend-web';

const settings = {
  steps: 1,
  workingSize: 64,
  advanced: { weights: { agreement: 0 }, select: 'last' },
};

/** Draws each result, so that a person can look. */
function show(title, image) {
  const canvas = document.createElement('canvas');
  canvas.width = image.width;
  canvas.height = image.height;
  canvas.title = title;
  canvas.getContext('2d').putImageData(toImageData(image), 0, 0);
  document.body.append(canvas);
}

async function enhanced(photo, options) {
  const backend = await useWebBackend({ device: 'auto', ...options });
  const {
    portrait,
    enhanced,
    settings: used,
  } = await enhancePortrait(await readImage(photo), settings);
  show('portrait', portrait);
  show('alpha', enhanced.alpha);
  const { width, height, data } = enhanced.alpha;
  const result = {
    description: backend.description,
    backend: used.backend,
    size: [width, height],
    center: data[(height / 2) * width + width / 2],
    corner: data[2 * width + 2],
    mean: data.reduce((sum, value) => sum + value, 0) / data.length,
  };
  backend.dispose();
  return result;
}

globalThis.runApp = async (paths = {}) => {
  const blob = await (await fetch('/photo.png')).blob();
  const photo = await createImageBitmap(blob);
  const { workerUrl, ...options } = paths;
  const worker = workerUrl === undefined ? true : new Worker(workerUrl, { type: 'module' });
  return {
    worker: await enhanced(photo, { ...options, worker }),
    page: await enhanced(photo, options),
  };
};
