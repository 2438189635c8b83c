// The page: asks for the model by name. It stays alive while the worker computes.
import {
  enhancePortrait,
  LatentMatteError,
  readImage,
  toBlob,
  useWebBackend,
} from '@latent-matte/backend-web';

const byId = (id) => document.getElementById(id);
const status = byId('status');

const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
const backend = await useWebBackend({ worker });
status.textContent = `Ready: ${backend.description}`;

byId('photo').addEventListener('change', async ({ target }) => {
  const [file] = target.files;
  if (file === undefined) return;
  const stop = new AbortController();
  byId('cancel').onclick = () => stop.abort();
  byId('cancel').disabled = false;
  target.disabled = true;
  try {
    const { portrait, enhanced, psnr } = await enhancePortrait(await readImage(file), {
      model: 'brightness',
      // Small and short, to show the way and not to be good.
      workingSize: 256,
      steps: 10,
      signal: stop.signal,
      onProgress: ({ step, steps }) => {
        byId('progress').value = step / steps;
        status.textContent = `Step ${step} of ${steps}`;
      },
    });
    await show('portrait', 'Enhanced portrait', portrait);
    await show('matte', 'Matte', enhanced.alpha);
    status.textContent = `Done: ${psnr.toFixed(1)} dB to the photo.`;
  } catch (error) {
    if (!LatentMatteError.isInstance(error)) throw error;
    status.textContent = stop.signal.aborted ? 'Cancelled.' : error.message;
  } finally {
    byId('cancel').disabled = true;
    target.disabled = false;
  }
});

async function show(id, alt, picture) {
  const image = byId(id);
  URL.revokeObjectURL(image.src);
  Object.assign(image, { alt, src: URL.createObjectURL(await toBlob(picture)) });
}
