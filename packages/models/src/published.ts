import type { MattingModel, PerceptualModel, TrimapModel, WeightArchive } from '@latent-matte/core';
import manifest from '../models.json' with { type: 'json' };
import { createDimFoamliu, createDimHuochaitiantang } from './deep-image-matting';
import { createDeeplab } from './deeplab';
import { createDeeplabV3Plus } from './deeplab-v3-plus';
import { createFba } from './fba';
import { createGca } from './gca';
import { createIndexNet } from './index-net';
import { createLpipsSqueeze, createLpipsVgg } from './lpips';
import { createModnet } from './modnet';
import { createRvm } from './rvm';
import { createVgg16 } from './vgg16';

/** A published network in `models.json`. Its code is ours, its weights are not included. */
export interface PublishedNetwork {
  readonly id: string;
  readonly kind: 'matting' | 'trimap' | 'perceptual';
  readonly description: string;
  readonly requires: 'user-supplied weights';
  /** What the network does with a picture before it looks at it. */
  readonly input: string;
  readonly paper: string;
  /** The official files; all of them are needed. */
  readonly weights: readonly { readonly file: string; readonly url: string }[];
  /** Licence of the weights. */
  readonly license: string;
  /** The official implementation. */
  readonly code: string;
}

/** The published networks this package can run, given their official weights. */
export const publishedNetworks: readonly PublishedNetwork[] =
  manifest.published as readonly PublishedNetwork[];

type Network = MattingModel | TrimapModel | PerceptualModel;

/** How a network is made of its weights. */
export interface CreateOptions {
  /** Make it of variables, for `fineTune`; only networks of {@link trainableNetworks} can. Default false. */
  trainable?: boolean;
}

/** Networks that `fineTune` can train, by id. */
export const trainableNetworks: readonly string[] = ['compact-matting', 'modnet', 'indexnet'];

/**
 * Makes a published network from its opened checkpoint; one function per id of {@link publishedNetworks}.
 * `archive` holds the tensors of all its files.
 */
export const publishedFactories: Readonly<
  Record<string, (archive: WeightArchive, options?: CreateOptions) => Network>
> = {
  vgg16: (archive) => createVgg16(archive),
  'lpips-squeeze': (archive) => createLpipsSqueeze(archive),
  'lpips-vgg': (archive) => createLpipsVgg(archive),
  'deeplabv3-resnet50': (archive) => createDeeplab(archive),
  'deeplabv3plus-resnet101': (archive) => createDeeplabV3Plus(archive),
  modnet: (archive, options) => createModnet(archive, options),
  'rvm-mobilenetv3': (archive) => createRvm(archive, { variant: 'mobilenetv3' }),
  'rvm-resnet50': (archive) => createRvm(archive, { variant: 'resnet50' }),
  'dim-foamliu': (archive) => createDimFoamliu(archive),
  'dim-huochaitiantang': (archive) => createDimHuochaitiantang(archive),
  indexnet: (archive, options) => createIndexNet(archive, options),
  gca: (archive) => createGca(archive),
  fba: (archive) => createFba(archive),
};
