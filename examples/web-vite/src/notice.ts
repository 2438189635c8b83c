import { LatentMatteError } from '@latent-matte/backend-web/page';
import { element } from './elements';
import { WorkerError } from './work/side-channel';

/** What the codes of the SDK's errors mean on this page. */
const titles: Readonly<Record<string, string>> = {
  INVALID_OPTION: 'This setting does not work',
  INVALID_IMAGE: 'This is not a picture that can be read',
  IMAGE_TOO_SMALL: 'The picture is too small',
  IMAGE_TOO_LARGE: 'The picture is too large for this device',
  NO_PERSON: 'No person was found',
  UNKNOWN_MODEL: 'There is no such model',
  MODEL_OUTPUT: 'The model gives no usable answer',
  WEIGHTS: 'The networks could not be loaded',
  WEIGHT_FORMAT: 'The model file cannot be used',
  BACKEND: 'The device cannot compute',
  OUTPUT: 'The file cannot be written',
  ABORTED: 'Stopped',
};

const notice = element('notice');

/** Shows what went wrong and what to do about it; read out at once. */
export function showError(error: unknown): void {
  const { title, message, remedy } = explain(error);
  notice.replaceChildren(
    Object.assign(document.createElement('strong'), { textContent: title }),
    Object.assign(document.createElement('p'), { textContent: message }),
  );
  if (remedy) {
    notice.append(
      Object.assign(document.createElement('p'), { className: 'remedy', textContent: remedy }),
    );
  }
  notice.hidden = false;
}

export function hideError(): void {
  notice.hidden = true;
}

/** A problem of this page itself, with something to do about it. */
export class PageError extends Error {
  constructor(
    readonly title: string,
    message: string,
    readonly remedy: string,
  ) {
    super(message);
  }
}

function explain(error: unknown): { title: string; message: string; remedy?: string } {
  if (error instanceof PageError) return error;
  const typed = LatentMatteError.isInstance(error)
    ? error
    : error instanceof WorkerError
      ? error.failure
      : undefined;
  if (typeof typed?.code === 'string') {
    const remedy = typeof typed.remedy === 'string' ? typed.remedy : '';
    // The message ends with the remedy, which stands by itself here.
    const message = remedy === '' ? typed.message : typed.message.replace(remedy, '').trim();
    return { title: titles[typed.code] ?? 'That did not work', message, remedy };
  }
  // Not one of ours: a bug, whose stack belongs into the console.
  console.error(error);
  return {
    title: 'Something broke on this page',
    message: String(error),
    remedy: 'Reload it and try again. If it happens twice, please report it with the text above.',
  };
}
