import { InvalidOptionError } from '@latent-matte/core';
import type { NetworkInput, TrimapInput } from '../adapters/description';
import { quoted } from '../adapters/quoted';
import { endsOf, type FileEnd, type FileEnds, type Shape } from './file-ends';
import type { ModelFileFacts, ModelFileFormat, ModelFileRole, ModelFileRoles } from './model-file';

/** A description that was read off the shapes of a file, and what it rests on. */
export interface Guess extends ModelFileFacts {
  /** For people: each guess with its reason. */
  readonly reasons: readonly string[];
}

/** Where the person is among the classes of Pascal VOC. */
const VOC = { classes: 21, person: 15 };
/** Operators after which the values are probabilities. */
const PROBABILITY = /^(Sigmoid|LOGISTIC|HardSigmoid|Clip|ClipByValue|Minimum|Maximum|Relu6)$/i;

/**
 * Guesses how a model file is run: layout, size, channels and what the answer is, from its shapes and its last
 * operator. What no file says is taken to be the usual: RGB from 0 to 1.
 *
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { guessDescription } from '@latent-matte/models';
 *
 * const guess = guessDescription('onnx', await readFile('network.onnx'), 'matting');
 * ```
 *
 * @param role what it shall be; default: what its channels suggest
 * @throws InvalidOptionError nothing in the file looks like a picture
 * @throws WeightFormatError a damaged file
 */
export function guessDescription(
  format: ModelFileFormat,
  content: Uint8Array,
  role?: ModelFileRole,
): Guess {
  const ends = endsOf(format, content);
  const usual = format === 'onnx' ? 'NCHW' : 'NHWC';
  const picture = pictureOf(ends, usual);
  const { layout, channels, size } = picture;
  const output = outputOf(ends);
  const answer = channelsOf(output.shape, layout);
  const trimap = trimapOf(ends, picture);
  const reasons = [
    `input "${picture.name}" ${show(picture.shape)}: ${layout}${size ? `, ${size[0]} × ${size[1]} only` : ', any size'}`,
    'colours: RGB from 0 to 1; no file says this',
    `output "${output.name}"${output.shape ? ` ${show(output.shape)}` : ''}${output.operator ? ` of ${output.operator}` : ''}`,
    ...(trimap ? [`it wants a trimap, as ${trimap.as}`] : []),
  ];
  const input: NetworkInput = {
    name: picture.name,
    layout,
    ...(size && { size: { fixed: size } }),
  };
  const shared = { input, ...(channels > 3 || trimap ? { trimap } : {}) };
  const { roles, reason } = rolesFor(answer, output, role, shared);
  const constants = constantsOf(ends, [picture.name, trimap?.name]);
  return {
    format,
    roles,
    ...(Object.keys(constants).length > 0 && { constants }),
    reasons: [
      ...reasons,
      reason,
      ...Object.entries(constants).map(([name, value]) => `input "${name}" is always ${value}`),
    ],
  };
}

interface Picture extends FileEnd {
  readonly layout: 'NHWC' | 'NCHW';
  readonly channels: number;
  readonly size: readonly [number, number] | undefined;
}

const asPicture = (end: FileEnd, usual: 'NHWC' | 'NCHW'): Picture | undefined => {
  const { shape = [] } = end;
  if (shape.length !== 4) return undefined;
  const known = (count: number | undefined) => count === 3 || count === 4 || count === 6;
  const planar = known(shape[1]) && !(known(shape[3]) && usual === 'NHWC');
  if (!planar && !known(shape[3])) return undefined;
  const [channels, height, width] = planar
    ? [shape[1], shape[2], shape[3]]
    : [shape[3], shape[1], shape[2]];
  return {
    ...end,
    layout: planar ? 'NCHW' : 'NHWC',
    channels: channels ?? 3,
    size: height && width ? [height, width] : undefined,
  };
};

function pictureOf({ inputs }: FileEnds, usual: 'NHWC' | 'NCHW'): Picture {
  const pictures = inputs.flatMap((end) => asPicture(end, usual) ?? []);
  const named = pictures.find(({ name }) => /src|image|input|img|data|x/i.test(name));
  const picture = named ?? pictures[0];
  if (picture !== undefined) return picture;
  throw new InvalidOptionError(
    `None of the inputs ${quoted(inputs.map(({ name }) => name)) || 'of the file'} looks like a picture.`,
    'Say what they are in a description: --describe FILE.json.',
  );
}

/** The output that sounds like a matte, or the first that is a map. */
function outputOf({ outputs }: FileEnds): FileEnd {
  const maps = outputs.filter(({ shape }) => shape === undefined || shape.length >= 3);
  const named = maps.find(({ name }) => /^(pha|alpha|matte|mask)/i.test(name));
  const output = named ?? maps[0];
  if (output !== undefined) return output;
  throw new InvalidOptionError(
    'None of the outputs looks like a map.',
    'Say which it is in a description: --describe FILE.json.',
  );
}

function channelsOf(shape: Shape | undefined, layout: 'NHWC' | 'NCHW'): number | undefined {
  if (shape === undefined) return undefined;
  if (shape.length === 3) return 1;
  return layout === 'NCHW' ? shape[1] : shape[3];
}

function trimapOf({ inputs }: FileEnds, picture: Picture): TrimapInput | undefined {
  if (picture.channels > 3) {
    return { encoding: picture.channels === 6 ? 'one-hot' : 'levels', as: 'channels' };
  }
  const other = inputs.find(({ name }) => name !== picture.name && /trimap/i.test(name));
  if (other === undefined) return undefined;
  const channels = channelsOf(other.shape, picture.layout);
  return { encoding: channels === 3 ? 'one-hot' : 'levels', as: 'input', name: other.name };
}

/** Recurrent states begin with zeros; a ratio of sizes is 1. */
function constantsOf(
  { inputs }: FileEnds,
  taken: readonly (string | undefined)[],
): Record<string, number> {
  const rest = inputs.filter(({ name }) => !taken.includes(name));
  return Object.fromEntries(rest.map(({ name }) => [name, /ratio|scale/i.test(name) ? 1 : 0]));
}

function rolesFor(
  channels: number | undefined,
  { name, operator = '' }: FileEnd,
  role: ModelFileRole | undefined,
  { input, trimap }: { input: NetworkInput; trimap?: TrimapInput | undefined },
): { roles: ModelFileRoles; reason: string } {
  const softmax = /softmax/i.test(operator);
  const values = softmax || PROBABILITY.test(operator) ? 'probabilities' : 'logits';
  if (channels === 3 && role !== 'matting') {
    return {
      roles: { trimap: { kind: 'trimap', input, output: { name, values } } },
      reason: `three channels: background, unknown, foreground, as ${values}`,
    };
  }
  const several = channels !== undefined && channels > 1;
  const person = !several ? 0 : channels === VOC.classes ? VOC.person : Math.min(channels - 1, 2);
  const activation = values === 'probabilities' ? 'none' : several ? 'softmax' : 'sigmoid';
  const matting: ModelFileRoles['matting'] = {
    kind: 'matting',
    input,
    output: { name, channel: person, activation },
    ...(trimap && { trimap }),
  };
  const asTrimap: ModelFileRoles['trimap'] = {
    kind: 'trimap',
    input,
    output: { name, values, person: { channel: person } },
  };
  const what = several
    ? `${channels} channels: ${person} is the person, as ${values}`
    : `one channel${channels === undefined ? ', it seems' : ''}: alpha, as ${values}`;
  if (role === 'trimap') return { roles: { trimap: asTrimap }, reason: what };
  return {
    roles: trimap ? { matting } : { matting, trimap: asTrimap },
    reason: what,
  };
}

const show = (shape: Shape = []): string => `[${shape.map((side) => side ?? '?').join(', ')}]`;
