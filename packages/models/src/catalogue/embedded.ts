import { createCompactMatting } from '../compact/compact-models';
import { type EmbeddedFileId, embeddedFile, loadBytes } from '../embedded-weights';
import {
  loadCompactDiscriminator,
  loadCompactMatting,
  loadCompactPerceptual,
  loadCompactTrimap,
} from '../load-compact';
import {
  loadCompactEncoder,
  loadCompactFaceDiscriminator,
  loadCompactGenerator,
} from '../load-compact-generator';
import { portraitLoaders } from '../portrait';
import type { EmbeddedEntry } from './entry';

/** One file for its three models. */
const portrait = portraitLoaders((options) => loadBytes('portrait', options));

/** The models whose weights are installed along. */
export const embeddedModels = [
  {
    ...withWeights('portrait'),
    id: 'portrait-trimap',
    kind: 'trimap',
    description: 'trimap of any portrait, by the portrait network',
    capabilities: { gradient: true },
    load: (options) => portrait.trimap(options),
  },
  {
    ...withWeights('portrait'),
    id: 'portrait-matting',
    kind: 'matting',
    description: 'matte for a given trimap, by the portrait network',
    capabilities: { gradient: true, needsTrimap: true, trainable: true },
    load: (options) => portrait.matting(options),
  },
  {
    ...withWeights('portrait'),
    id: 'portrait-matte',
    kind: 'matting',
    description: 'matte of any portrait without a trimap, by the portrait network',
    capabilities: { gradient: true, needsTrimap: false, trainable: true },
    load: (options) => portrait.matte(options),
  },
  {
    ...withWeights('compact-trimap'),
    id: 'compact-trimap',
    kind: 'trimap',
    alias: 'compact',
    capabilities: { gradient: true },
    load: (options) => loadCompactTrimap(options),
  },
  {
    ...withWeights('compact-matting'),
    id: 'compact-matting',
    kind: 'matting',
    alias: 'compact',
    capabilities: { gradient: true, needsTrimap: true, trainable: true },
    load: (options) => loadCompactMatting(options),
    create: (archive, _license, options) => createCompactMatting(archive, options),
  },
  {
    ...withWeights('compact-trimap'),
    id: 'compact-perceptual',
    kind: 'perceptual',
    alias: 'compact',
    description: 'features of the trimap network, whose file it shares',
    capabilities: { gradient: true },
    load: (options) => loadCompactPerceptual(options),
  },
  {
    ...withWeights('compact-discriminator'),
    id: 'compact-discriminator',
    kind: 'discriminator',
    alias: 'compact',
    capabilities: { gradient: true },
    load: (options) => loadCompactDiscriminator(options),
  },
  {
    ...withWeights('compact-generator'),
    id: 'compact-generator',
    kind: 'generator',
    alias: 'compact',
    capabilities: { gradient: true },
    load: (options) => loadCompactGenerator(options),
  },
  {
    ...withWeights('compact-encoder'),
    id: 'compact-encoder',
    kind: 'encoder',
    capabilities: { gradient: true },
    load: (options) => loadCompactEncoder(options),
  },
  {
    ...withWeights('compact-face-discriminator'),
    id: 'compact-face-discriminator',
    kind: 'discriminator',
    alias: 'compact-face',
    capabilities: { gradient: true },
    load: (options) => loadCompactFaceDiscriminator(options),
  },
] as const satisfies readonly EmbeddedEntry[];

/** What the manifest of the weights says. */
function withWeights(id: EmbeddedFileId) {
  const { description, license, file: name, size, sha256, url } = embeddedFile(id);
  return { weights: 'embedded', description, license, file: { name, size, sha256 }, url } as const;
}
