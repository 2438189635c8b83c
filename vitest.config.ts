import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { browserProject } from './tests/browser/browser-project.ts';

const source = (path: string) => fileURLToPath(new URL(`packages/${path}`, import.meta.url));

// core/gradients comes from the build: loading tfjs-core's 600 modules one by one takes seconds per file.
const alias = [
  { find: '@latent-matte/core/internals', replacement: source('core/src/internals.ts') },
  { find: '@latent-matte/core/internal', replacement: source('core/src/internal.ts') },
  { find: '@latent-matte/core/ops', replacement: source('core/src/operators.ts') },
  { find: '@latent-matte/core/testing', replacement: source('core/src/testing/index.ts') },
  { find: '@latent-matte/core/gradients', replacement: source('core/dist/gradients.node.js') },
  {
    find: '@latent-matte/core/checkpoints',
    replacement: source('core/src/weights/checkpoints.ts'),
  },
  { find: '@latent-matte/core/backend', replacement: source('core/src/remote/backend.ts') },
  { find: '@latent-matte/core/caller', replacement: source('core/src/caller.ts') },
  { find: '@latent-matte/core/evaluate', replacement: source('core/src/evaluate/index.ts') },
  { find: '@latent-matte/core/generate', replacement: source('core/src/generate/index.ts') },
  { find: '@latent-matte/core/fine-tune', replacement: source('core/src/finetune/index.ts') },
  { find: '@latent-matte/core/options', replacement: source('core/src/options.ts') },
  { find: '@latent-matte/core', replacement: source('core/src/index.ts') },
  { find: '@latent-matte/compact', replacement: source('compact/src/index.ts') },
  {
    find: '@latent-matte/compact-generator/manifest',
    replacement: source('compact-generator/src/manifest.ts'),
  },
  {
    find: '@latent-matte/compact-generator',
    replacement: source('compact-generator/src/index.ts'),
  },
  { find: '@latent-matte/models/fixtures', replacement: source('models/fixtures') },
  { find: '@latent-matte/models/internals', replacement: source('models/src/internals.ts') },
  { find: '@latent-matte/models', replacement: source('models/src/index.ts') },
  {
    find: /^@latent-matte\/(backend-(?:node|web))\/([a-z-]+)$/,
    replacement: source('$1/src/$2.ts'),
  },
  { find: '@latent-matte/backend-node', replacement: source('backend-node/src/index.ts') },
  { find: '@latent-matte/backend-web', replacement: source('backend-web/src/index.ts') },
  { find: '@latent-matte/pairs', replacement: source('pairs/src/index.ts') },
  { find: '@latent-matte/files', replacement: source('files/src') },
  { find: '@latent-matte/test-kit', replacement: source('test-kit/src') },
];

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        resolve: { alias },
        test: {
          name: 'node',
          include: ['packages/*/src/**/*.test.ts', 'scripts/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      // Pages in a real Chromium: tests/browser.
      browserProject(alias),
      // What is published, installed outside of the workspace: needs a build and the npm registry.
      {
        test: {
          name: 'packaging',
          include: ['tests/packaging/**/*.test.ts'],
          globalSetup: ['tests/packaging/global-setup.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
