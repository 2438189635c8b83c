export default {
  base: './',
  // Vite 7 moves packages to a folder of its own in `vite dev`, without the files beside them: the worker.
  optimizeDeps: { exclude: ['@latent-matte/backend-web'] },
  worker: { format: 'es' },
};
