import {
  layerCount,
  noiseSide,
  type StyleGAN2Architecture,
  type StyleGAN2GeneratorArchitecture,
} from './architecture';

/** Shape by name, in the names and layouts of rosinality/stylegan2-pytorch: the canonical form here. */
export type Shapes = Record<string, readonly number[]>;

/** Parameters of `g_ema`; the mean latent and the noise buffers, which a file may lack, are not among them. */
export function generatorShapes(architecture: StyleGAN2GeneratorArchitecture): Shapes {
  const { channels, styleSize, latentSize, mappingLayers } = architecture;
  const shapes: Shapes = {};
  for (let i = 1; i <= mappingLayers; i++) {
    shapes[`style.${i}.weight`] = [styleSize, i === 1 ? latentSize : styleSize];
    shapes[`style.${i}.bias`] = [styleSize];
  }
  shapes['input.input'] = [1, channels[0], 4, 4];
  const modulated = (name: string, input: number, output: number, kernel: number) => {
    shapes[`${name}.conv.weight`] = [1, output, input, kernel, kernel];
    shapes[`${name}.conv.modulation.weight`] = [input, styleSize];
    shapes[`${name}.conv.modulation.bias`] = [input];
  };
  const styled = (name: string, input: number, output: number) => {
    modulated(name, input, output, 3);
    shapes[`${name}.noise.weight`] = [1];
    shapes[`${name}.activate.bias`] = [output];
  };
  const toRgb = (name: string, input: number) => {
    modulated(name, input, 3, 1);
    shapes[`${name}.bias`] = [1, 3, 1, 1];
  };
  styled('conv1', channels[0], channels[0]);
  toRgb('to_rgb1', channels[0]);
  for (let j = 0; j < channels.length - 1; j++) {
    styled(`convs.${2 * j}`, channels[j], channels[j + 1]);
    styled(`convs.${2 * j + 1}`, channels[j + 1], channels[j + 1]);
    toRgb(`to_rgbs.${j}`, channels[j + 1]);
  }
  return shapes;
}

/** Noise buffers, `noises.noise_{i}`. */
export function noiseShapes({ resolution }: StyleGAN2Architecture): Shapes {
  return Object.fromEntries(
    Array.from({ length: layerCount(resolution) - 1 }, (_, i) => [
      `noises.noise_${i}`,
      [1, 1, noiseSide(i), noiseSide(i)],
    ]),
  );
}

/** Parameters of `d`. `channels` as for the generator: from 4² up. */
export function discriminatorShapes({ channels }: StyleGAN2Architecture): Shapes {
  const top = channels.length - 1;
  const shapes: Shapes = {
    'convs.0.0.weight': [channels[top], 3, 1, 1],
    'convs.0.1.bias': [channels[top]],
  };
  for (let n = 1; n <= top; n++) {
    const [input, output] = [channels[top - n + 1], channels[top - n]];
    shapes[`convs.${n}.conv1.0.weight`] = [input, input, 3, 3];
    shapes[`convs.${n}.conv1.1.bias`] = [input];
    shapes[`convs.${n}.conv2.1.weight`] = [output, input, 3, 3];
    shapes[`convs.${n}.conv2.2.bias`] = [output];
    shapes[`convs.${n}.skip.1.weight`] = [output, input, 1, 1];
  }
  const [last] = channels;
  shapes['final_conv.0.weight'] = [last, last + 1, 3, 3];
  shapes['final_conv.1.bias'] = [last];
  shapes['final_linear.0.weight'] = [last, last * 16];
  shapes['final_linear.0.bias'] = [last];
  shapes['final_linear.1.weight'] = [1, last];
  shapes['final_linear.1.bias'] = [1];
  return shapes;
}
