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
  const format = formats.find((name) => name === (query.get('format') ?? 'png'));
  const only = query.get('only');
  const background = query.get('background');
  // Only colours: a path would let a client read files of this machine.
  const isColor = background === null || /^#[\da-f]{3,8}$/i.test(background);
  if (format === undefined || !isColor || (only !== null && only !== 'mask')) {
    throw new HttpError(
      400,
      'INVALID_OPTION',
      'format, background or only is not known.',
      'Give png, webp or jpeg, a hex colour as %23fff, and only=mask.',
    );
  }
  return { format, onlyMask: only === 'mask', ...(background !== null && { background }) };
}
