import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('.', import.meta.url));

export default {
  context: folder,
  entry: './page.js',
  output: { path: `${folder}dist`, filename: 'main.js', clean: true },
  experiments: { outputModule: true },
  // index.html is served from here, and copied by the build.
  devServer: { static: folder, client: { overlay: false } },
  performance: { hints: false },
};
