import manifest from '../models.json' with { type: 'json' };

/** What `models.json` says about the files: what each is, where it comes from, under which licence, its size and SHA-256. */
export const generatorWeights = manifest.models;
