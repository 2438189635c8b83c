import { version } from '../package.json';

/** The version of this package, and of what runs it. */
export const versions = { 'latent-matte': version, node: process.versions.node } as const;
