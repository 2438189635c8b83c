import { fileURLToPath } from 'node:url';
import { playwright } from '@vitest/browser-playwright';
import type { TestProjectInlineConfiguration } from 'vitest/config';
import { chromiumFlags, findChromium } from './find-chromium.ts';

const file = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/**
 * The tests of pages, in a real Chromium; where there is none, one that is skipped by name.
 *
 * @param alias of the packages of this workspace
 */
export function browserProject(
  alias: { find: string | RegExp; replacement: string }[],
): TestProjectInlineConfiguration {
  const executablePath = findChromium();
  if (executablePath === undefined) {
    return { test: { name: 'browser', include: ['tests/browser/no-chromium.test.ts'] } };
  }
  return {
    root: file('.'),
    cacheDir: file('node_modules/.vite/browser'),
    resolve: {
      alias: [
        // The build for Node has tfjs-core bundled; a bundler shares it.
        {
          find: '@latent-matte/core/gradients',
          replacement: file('packages/core/src/gradients.ts'),
        },
        {
          find: '@latent-matte/backend-web/worker',
          replacement: file('packages/backend-web/src/worker.ts'),
        },
        ...alias.filter(({ find }) => find !== '@latent-matte/core/gradients'),
      ],
    },
    plugins: [
      {
        // The op tests of core ask test-kit for backends: here that is WebGPU.
        name: 'each-backend-of-the-browser',
        enforce: 'pre',
        resolveId: (source) =>
          /\/test-kit\/(src\/)?(each|every)-backend$/.test(source)
            ? file('tests/browser/each-backend.ts')
            : null,
      },
    ],
    optimizeDeps: {
      // All at once: finding one later reloads the page in the middle of a test.
      include: [
        '@tensorflow/tfjs-core',
        '@tensorflow/tfjs-core/dist/register_all_gradients.js',
        '@tensorflow/tfjs-backend-cpu',
        '@tensorflow/tfjs-backend-wasm',
        '@tensorflow/tfjs-backend-webgpu',
        '@latent-matte/backend-web > comlink',
        '@latent-matte/core > fflate',
      ],
      entries: [],
    },
    worker: { format: 'es' },
    // Beside the repository: networks of other people, which are not committed.
    server: { fs: { allow: [file('.'), file('../shared/data/nets')] } },
    test: {
      name: 'browser',
      include: ['tests/browser/**/*.browser.test.ts'],
      testTimeout: 300_000,
      hookTimeout: 300_000,
      fileParallelism: false,
      browser: {
        enabled: true,
        headless: true,
        provider: playwright({ launchOptions: { executablePath, args: [...chromiumFlags] } }),
        instances: [{ browser: 'chromium' }],
        screenshotFailures: false,
      },
    },
  };
}
