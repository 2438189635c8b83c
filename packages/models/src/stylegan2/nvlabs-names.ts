/**
 * Names of NVlabs/stylegan2-ada-pytorch ↔ names of rosinality/stylegan2-pytorch. Values are the same in the same
 * order; some shapes differ by dimensions of length 1.
 */

/** `synthesis.b{r}.…` counts resolutions, rosinality counts blocks: 8 → 0, 16 → 1 … */
const block = (resolution: number) => Math.log2(resolution) - 3;

const LAYER: readonly (readonly [nvlabs: string, rosinality: string])[] = [
  ['weight', 'conv.weight'],
  ['affine.weight', 'conv.modulation.weight'],
  ['affine.bias', 'conv.modulation.bias'],
  ['noise_strength', 'noise.weight'],
  ['bias', 'activate.bias'],
];
const RGB: typeof LAYER = [
  ['weight', 'conv.weight'],
  ['affine.weight', 'conv.modulation.weight'],
  ['affine.bias', 'conv.modulation.bias'],
  ['bias', 'bias'],
];

/**
 * Every pair of names of a generator, NVlabs first.
 *
 * ```ts
 * import { generatorNames } from '@latent-matte/models';
 *
 * for (const [ours, nvlabs] of generatorNames(1024)) console.log(ours, nvlabs);
 * ```
 *
 * @param resolution side of its pictures
 * @param mappingLayers fully connected layers of its mapping network
 */
export function generatorNames(resolution: number, mappingLayers = 8): Map<string, string> {
  const names = new Map<string, string>();
  for (let i = 0; i < mappingLayers; i++) {
    for (const part of ['weight', 'bias'])
      names.set(`mapping.fc${i}.${part}`, `style.${i + 1}.${part}`);
  }
  names.set('mapping.w_avg', 'latent_avg');
  names.set('synthesis.b4.const', 'input.input');
  for (let r = 4; r <= resolution; r *= 2) {
    const j = block(r);
    const layers: [string, string, number][] =
      r === 4
        ? [['conv1', 'conv1', 0]]
        : [
            ['conv0', `convs.${2 * j}`, 2 * j + 1],
            ['conv1', `convs.${2 * j + 1}`, 2 * j + 2],
          ];
    for (const [ours, theirs, noise] of layers) {
      for (const [a, b] of LAYER) names.set(`synthesis.b${r}.${ours}.${a}`, `${theirs}.${b}`);
      names.set(`synthesis.b${r}.${ours}.noise_const`, `noises.noise_${noise}`);
    }
    const rgb = r === 4 ? 'to_rgb1' : `to_rgbs.${j}`;
    for (const [a, b] of RGB) names.set(`synthesis.b${r}.torgb.${a}`, `${rgb}.${b}`);
  }
  return names;
}

/**
 * Every pair of names of a discriminator, NVlabs first.
 *
 * ```ts
 * import { discriminatorNames } from '@latent-matte/models';
 *
 * for (const [ours, nvlabs] of discriminatorNames(256)) console.log(ours, nvlabs);
 * ```
 */
export function discriminatorNames(resolution: number): Map<string, string> {
  const names = new Map<string, string>();
  names.set(`b${resolution}.fromrgb.weight`, 'convs.0.0.weight');
  names.set(`b${resolution}.fromrgb.bias`, 'convs.0.1.bias');
  for (let r = resolution, n = 1; r > 4; r /= 2, n++) {
    names.set(`b${r}.conv0.weight`, `convs.${n}.conv1.0.weight`);
    names.set(`b${r}.conv0.bias`, `convs.${n}.conv1.1.bias`);
    names.set(`b${r}.conv1.weight`, `convs.${n}.conv2.1.weight`);
    names.set(`b${r}.conv1.bias`, `convs.${n}.conv2.2.bias`);
    names.set(`b${r}.skip.weight`, `convs.${n}.skip.1.weight`);
  }
  names.set('b4.conv.weight', 'final_conv.0.weight');
  names.set('b4.conv.bias', 'final_conv.1.bias');
  for (const part of ['weight', 'bias']) {
    names.set(`b4.fc.${part}`, `final_linear.0.${part}`);
    names.set(`b4.out.${part}`, `final_linear.1.${part}`);
  }
  return names;
}
