import { WeightFormatError } from '../errors';
import { type ByteSource, readExactly } from './byte-source';

const PROBE_BYTES = 512;

/** First byte of a pickle of protocol 2 or later. */
const PICKLE_PROTOCOL = 0x80;
const BRACE = 0x7b;
const BRACKET = 0x5b;

const webPage = [
  'a web page',
  'Download the file itself: the link led to a page, often a login or a quota notice.',
] as const;
const compressed = ['a compressed file', 'Unpack it first.'] as const;

/** Things people download by mistake, by their first bytes: offset, text, name, remedy. */
const mistakes: readonly (readonly [number, string, string, string])[] = [
  [0, '<!doctype', ...webPage],
  [0, '<html', ...webPage],
  [0, '<?xml', ...webPage],
  [0, 'version https://git-lfs', 'a Git LFS pointer', 'Run `git lfs pull` to get the file itself.'],
  [1, 'hdf', 'an HDF5 file (Keras)', 'Convert it with tensorflowjs_converter.'],
  [0, '\u001f\u008b', ...compressed],
  [0, 'bzh', ...compressed],
  [1, '7zxz', ...compressed],
  [
    257,
    'ustar',
    'a tar file',
    'Unpack it first; PyTorch files from before 0.2 must be saved again with a newer PyTorch.',
  ],
  [
    0,
    '{',
    'JSON',
    'For a TensorFlow.js model use parseTfjsManifest, with the weight files beside the model.',
  ],
];

/**
 * What holds a checkpoint, by its first bytes; names of files are not trusted.
 * @throws WeightFormatError when it is nothing this SDK reads; common mistakes are named
 */
export async function detectContainer(
  source: ByteSource,
): Promise<'safetensors' | 'zip' | 'pickle'> {
  if (source.size === 0) throw new WeightFormatError('The file is empty.');
  const length = Math.min(PROBE_BYTES, source.size);
  const probe = await readExactly(source, 0, length, 'The file');
  const text = String.fromCharCode(...probe).toLowerCase();
  // An archive begins with an entry, or, when empty, with its end record.
  if (text.startsWith('pk\u0003\u0004') || text.startsWith('pk\u0005\u0006')) return 'zip';
  if (probe[0] === PICKLE_PROTOCOL) return 'pickle';
  // A safetensors header is a JSON object after 8 bytes of length.
  if (probe[8] === BRACE || probe[8] === BRACKET) return 'safetensors';
  const mistake = mistakes.find(([offset, start]) => text.startsWith(start, offset));
  if (mistake !== undefined) {
    throw new WeightFormatError(`This is ${mistake[2]}, not a checkpoint.`, mistake[3]);
  }
  throw new WeightFormatError(
    'This is not a checkpoint of a known format.',
    'Give a .safetensors file, a PyTorch .pt or .pth file, or a StyleGAN2-ADA .pkl file.',
  );
}
