import { InvalidOptionError } from '@latent-matte/core';
import { checkDescription } from '../adapters/check-description';
import type { ModelFileFacts, ModelFileFormat, ModelFileRoles } from './model-file';

/** A model file with the description that somebody wrote. */
export interface DescribedFile extends ModelFileFacts {
  readonly name?: string;
  readonly license?: string;
}

const ROLES = ['matting', 'trimap'] as const;
const FORMATS = ['onnx', 'graph-model', 'tflite'] as const;
/**
 * Reads a description.json: the description of `fromOnnx`, and `constants`.
 *
 * ```ts
 * import { readDescription } from '@latent-matte/models';
 *
 * const { roles } = readDescription({ kind: 'matting', differentiable: 'image' }, 'onnx', 'mine.json');
 * ```
 *
 * @param what the file, for messages
 * @throws InvalidOptionError it is none, with the field that is wrong
 */
export function readDescription(
  value: unknown,
  format: ModelFileFormat,
  what: string,
): DescribedFile {
  if (!isObject(value)) {
    throw new InvalidOptionError(
      `${what} holds no description.`,
      'Write an object: { "kind": "matting", "input": { … }, "output": { … } }.',
    );
  }
  const { name, license, constants, ...description } = value;
  const kind = description.kind === 'trimap' ? 'trimap' : 'matting';
  const facts = readFacts(
    { format, roles: { [kind]: description }, ...(constants !== undefined && { constants }) },
    what,
  );
  return {
    ...facts,
    ...(typeof name === 'string' && { name }),
    ...(typeof license === 'string' && { license }),
  };
}

/**
 * Checks facts that were stored.
 *
 * ```ts
 * import { readFacts } from '@latent-matte/models';
 *
 * const facts = readFacts({ format: 'onnx', roles: { matting: { kind: 'matting' } } }, 'mine.json');
 * ```
 *
 * @throws InvalidOptionError with the field that is wrong
 */
export function readFacts(value: unknown, what: string): ModelFileFacts {
  const { format, roles, constants = {} } = isObject(value) ? value : {};
  const known = FORMATS.find((candidate) => candidate === format);
  if (known === undefined || !isObject(roles)) {
    throw new InvalidOptionError(`${what} does not say how the file is run.`, 'Describe it anew.');
  }
  const found: Record<string, object> = {};
  for (const role of ROLES) {
    const description = roles[role];
    if (description === undefined) continue;
    if (!isObject(description) || (description.kind ?? role) !== role) {
      throw new InvalidOptionError(
        `${what} has a wrong description of a ${role} model.`,
        `Its "kind" is "${role}".`,
      );
    }
    for (const part of ['input', 'output', 'trimap']) {
      if (description[part] === undefined || isObject(description[part])) continue;
      throw new InvalidOptionError(
        `${what}: "${part}" is no object.`,
        'See docs/bring-your-own-model.md.',
      );
    }
    const complete = { ...description, kind: role, name: what };
    checkDescription(complete);
    found[role] = { ...description, kind: role };
  }
  const wrong = isObject(constants)
    ? Object.entries(constants).find(([, number]) => !Number.isFinite(number))
    : ['constants'];
  if (wrong !== undefined || Object.keys(found).length === 0) {
    throw new InvalidOptionError(
      wrong === undefined
        ? `${what} describes neither a matting nor a trimap model.`
        : `${what}: the constant "${wrong[0]}" is no finite number.`,
      'See docs/bring-your-own-model.md.',
    );
  }
  const numbers = constants as Readonly<Record<string, number>>;
  return {
    format: known,
    roles: found as ModelFileRoles,
    ...(Object.keys(numbers).length > 0 && { constants: numbers }),
  };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
