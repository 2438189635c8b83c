import type { ImageFormat } from '@latent-matte/backend-node';
import { said } from '@latent-matte/backend-node/internal';
import { HttpError } from './http-error';

const formats: readonly ImageFormat[] = ['png', 'webp', 'jpeg'];

/** What the query of a request asks for. */
export interface Wanted {
  readonly format: ImageFormat;
  readonly onlyMask: boolean;
  /** A hex colour. */
  readonly background?: string;
}

const names: readonly string[] = ['format', 'background', 'only'];

/** @throws HttpError 400 */
export function wantedOf(query: URLSearchParams): Wanted {
  const other = [...query.keys()].find((name) => !names.includes(name));
  if (other !== undefined) {
    throw new HttpError(
      400,
      'INVALID_OPTION',
      `There is no ${said(other)} to ask for.`,
      'Ask for format=png|webp|jpeg, background=%23fff or only=mask.',
    );
  }
  const asked = query.get('format') ?? 'png';
  // As files end.
  const format = formats.find((name) => name === (asked === 'jpg' ? 'jpeg' : asked));
  const only = query.get('only');
  const background = query.get('background');
  if (format === undefined) throw unknown('format', asked, 'Give png, webp or jpeg.');
  if (only !== null && only !== 'mask') throw unknown('only', only, 'Give only=mask.');
  // Only colours: a path would let a client read files of this machine.
  if (background !== null && !/^#[\da-f]{3,8}$/i.test(background)) {
    throw unknown('background', background, 'Give a hex colour, # as %23: background=%23fff.');
  }
  return { format, onlyMask: only === 'mask', ...(background !== null && { background }) };
}

const unknown = (name: string, given: string, remedy: string): HttpError =>
  new HttpError(400, 'INVALID_OPTION', `${name} is ${said(given)}, which is not known.`, remedy);
