import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { WeightArchive, WeightTensor } from '@latent-matte/backend-node/checkpoints';
import {
  createDeeplabV3Plus,
  createGca,
  createLpipsVgg,
  randomStyleGAN2Weights,
} from '@latent-matte/backend-node/models';
import { bytes, dict, int, legacyHead, tensor, uint32 } from '@latent-matte/test-kit/pickle-writer';
import { randomCheckpoint } from '@latent-matte/test-kit/random-archive';

/** Files as the paper's authors read them, of networks a fraction as wide: PyTorch's format, their keys and prefixes. */

/** Side of the portraits of the small generator. */
export const SMALL_SIDE = 64;

type Tensors = ReadonlyMap<string, WeightTensor>;

/** A nested dictionary of tensors, numbers beside them, as `torch.save` wrote it before zip files. */
function torchFile(
  groups: Readonly<Record<string, Tensors>>,
  numbers: Readonly<Record<string, number>> = {},
): Uint8Array {
  const storages: Uint8Array[] = [];
  const asDict = (tensors: Tensors) =>
    dict(
      ...[...tensors].map(([name, { shape, bytes: content }]) => {
        const strides = shape.map((_, i) => shape.slice(i + 1).reduce((a, b) => a * b, 1));
        storages.push(Uint8Array.from(content));
        const key = String(storages.length - 1);
        return [name, tensor(key, content.length / 4, [...shape], strides)] as const;
      }),
    );
  const root = groups[''];
  const object =
    root === undefined
      ? dict(
          ...Object.entries(groups).map(([name, tensors]) => [name, asDict(tensors)] as const),
          ...Object.entries(numbers).map(([name, value]) => [name, int(value)] as const),
        )
      : asDict(root);
  const keys = storages.map((_, i) => String(i));
  const parts = [legacyHead(object, keys)];
  for (const storage of storages) parts.push(bytes(uint32(storage.length / 4), uint32(0)), storage);
  return Buffer.concat(parts);
}

const under = ({ tensors }: WeightArchive, prefix: string): Tensors =>
  new Map(
    [...tensors].flatMap(([name, value]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), value] as const] : [],
    ),
  );

const mapped = (tensors: Tensors, change: (name: string, values: Float32Array) => Float32Array) =>
  new Map(
    [...tensors].map(([name, value]): [string, WeightTensor] => {
      const values = change(name, new Float32Array(value.bytes.slice().buffer));
      return [name, { ...value, bytes: new Uint8Array(values.buffer) }];
    }),
  );

function trimapFile(): Uint8Array {
  const { tensors } = randomCheckpoint(createDeeplabV3Plus, {
    hints: { 'backbone.conv1.weight': [4, 3, 7, 7], 'aspp.conv1.weight': [16, 80, 1, 1] },
  });
  // Each of the 33 blocks would double the variance; and every class shall win somewhere.
  const tame = mapped(tensors, (name, values) => {
    if (name.endsWith('.bn3.weight')) return values.map((value) => value / 10);
    return name === 'decoder.last_conv.8.bias' ? values.map(() => 0) : values;
  });
  return torchFile({ state_dict: tame }, { epoch: 7 });
}

function mattingFile(): Uint8Array {
  const { tensors } = randomCheckpoint(createGca, {
    hints: { 'encoder.conv1.module.weight_bar': [4, 6, 3, 3] },
  });
  // Spectral normalisation divides by u·(W v): vectors along the first row and column keep that away from 0.
  const spectral = mapped(tensors, (name, values) => {
    if (/weight_[uv]$/.test(name)) return values.map(() => 1 / Math.sqrt(values.length));
    return name.endsWith('weight_bar') ? values.map((value) => value / 4 + 0.02) : values;
  });
  const prefixed = new Map([...spectral].map(([name, value]) => [`module.${name}`, value]));
  return torchFile({ state_dict: prefixed });
}

function lpipsFiles(): Record<string, Uint8Array> {
  const { tensors } = randomCheckpoint(createLpipsVgg, {
    hints: { 'features.0.weight': [4, 3, 3, 3] },
  });
  const part = (linear: boolean) =>
    new Map([...tensors].filter(([name]) => name.startsWith('lin') === linear));
  return {
    'vgg16-397923af.pth': torchFile({ '': part(false) }),
    'lpips/weights/v0.1/vgg.pth': torchFile({
      '': mapped(part(true), (_, values) => values.map(Math.abs)),
    }),
  };
}

/** Writes all five files below a folder, each where it lies in the authors' repository. */
export async function writeOfficialFiles(folder: string): Promise<void> {
  const gan = randomStyleGAN2Weights({
    resolution: SMALL_SIDE,
    channels: [8, 8, 8, 8, 4],
    styleSize: 16,
    mappingLayers: 2,
  });
  const files: Record<string, Uint8Array> = {
    'stylegan2-ffhq-config-f.pt': torchFile({ g_ema: under(gan, 'g_ema/'), d: under(gan, 'd/') }),
    'deeplab_trimap/checkpoint/deeplab_model_best.pth.tar': trimapFile(),
    'gca_matting/checkpoints_finetune/gca-dist-all-data.pth': mattingFile(),
    ...lpipsFiles(),
  };
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  }
}

/** An inversion as stylegan++.py saves it: `latent_in` [1, layers, size] and `noises`, a list of [1, 1, h, w]. */
export function officialLatents(
  layers: number,
  size: number,
  sides: readonly number[],
): Uint8Array {
  const values = (count: number) => Float32Array.from({ length: count }, (_, i) => Math.sin(i + 1));
  const storages = [values(layers * size), ...sides.map((side) => values(side * side))];
  const [styles, ...noises] = storages.map((data, i) => {
    const shape = i === 0 ? [1, layers, size] : [1, 1, sides[i - 1]!, sides[i - 1]!];
    const strides = shape.map((_, at) => shape.slice(at + 1).reduce((a, b) => a * b, 1));
    return tensor(String(i), data.length, shape, strides);
  });
  const object = dict(['latent_in', styles!], ['noises', bytes('](', ...noises, 'e')]);
  const parts = [
    legacyHead(
      object,
      storages.map((_, i) => String(i)),
    ),
  ];
  for (const data of storages) {
    parts.push(bytes(uint32(data.length), uint32(0)), new Uint8Array(data.buffer));
  }
  return Buffer.concat(parts);
}
