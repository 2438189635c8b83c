export default {
  // The package starts threads and reads files beside itself: Node loads it as it is installed.
  serverExternalPackages: ['@latent-matte/backend-node'],
};
