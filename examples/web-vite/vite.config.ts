import { defineConfig, type Plugin } from 'vite';

/**
 * The promise of the page, kept by the browser: it may talk to the server it came from and to nobody else. Not while
 * developing, when Vite writes styles and a socket into the page.
 */
const contentSecurityPolicy: Plugin = {
  name: 'content-security-policy',
  apply: 'build',
  transformIndexHtml: () => [
    {
      tag: 'meta',
      attrs: {
        'http-equiv': 'Content-Security-Policy',
        content: [
          "default-src 'none'",
          // WebAssembly is compiled in the worker.
          "script-src 'self' 'wasm-unsafe-eval'",
          "worker-src 'self'",
          "connect-src 'self'",
          "img-src 'self' blob: data:",
          "media-src 'self' blob:",
          "style-src 'self' 'unsafe-inline'",
          "font-src 'self'",
          "form-action 'none'",
          "base-uri 'none'",
        ].join('; '),
      },
      injectTo: 'head-prepend',
    },
  ],
};

export default defineConfig({
  base: './',
  plugins: [contentSecurityPolicy],
  // The worker script imports modules.
  worker: { format: 'es' },
  build: {
    target: 'es2022',
    // TensorFlow.js is one large module.
    chunkSizeWarningLimit: 2048,
    // As `data:` URLs they would break the content security policy.
    assetsInlineLimit: 0,
  },
});
