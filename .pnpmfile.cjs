// What is published depends on @latent-matte/tfjs-core (packages/tfjs-core) under the name @tensorflow/tfjs-core: 2 MB in
// place of 35. This workspace itself works with the original.
const CORE = '@tensorflow/tfjs-core';

function beforePacking(manifest) {
  const version = manifest.dependencies?.[CORE];
  if (version === undefined) return manifest;
  const alias = `npm:@latent-matte/tfjs-core@${version}`;
  return { ...manifest, dependencies: { ...manifest.dependencies, [CORE]: alias } };
}

module.exports = { hooks: { beforePacking } };
