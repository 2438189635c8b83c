import { cutOut, LatentMatteError, preload, useWebBackend } from '@latent-matte/backend-web/page';

const status = document.getElementById('status');
const result = document.getElementById('result');

const backend = await useWebBackend({
  weightsPath: 'https://cdn.jsdelivr.net/npm/@latent-matte/compact@0.1.0/weights/',
});
await preload();
status.textContent = `Ready: ${backend.description}`;

document.getElementById('photo').addEventListener('change', async ({ target }) => {
  const [file] = target.files;
  if (file === undefined) return;
  status.textContent = 'Cutting out …';
  try {
    const person = await cutOut(file);
    URL.revokeObjectURL(result.src);
    result.src = URL.createObjectURL(await person.toBlob());
    status.textContent = `Done: ${Math.round(person.confidence * 100)} % sure.`;
  } catch (error) {
    if (!LatentMatteError.isInstance(error)) throw error;
    status.textContent = error.message;
  }
});
