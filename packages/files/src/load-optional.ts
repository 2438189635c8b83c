import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { InvalidOptionError } from '@latent-matte/core';

/**
 * Loads a package that a plain install leaves out: from beside the caller, or from the working directory.
 *
 * @param from `import.meta.url` of the caller
 * @param purpose for the message, for instance `writes to a bucket`
 * @throws InvalidOptionError it is not installed, or does not load
 */
export function loadOptional<Module>(name: string, purpose: string, from: string): Module {
  const places = [from, pathToFileURL(join(process.cwd(), 'index.js')).href];
  const folder = places.map((place) => locate(name, place)).find((found) => found !== undefined);
  if (folder === undefined) {
    throw new InvalidOptionError(
      `The package ${name}, which ${purpose}, is not installed.`,
      `Run \`npm install ${name}\`.`,
    );
  }
  try {
    return createRequire(join(folder, 'package.json'))(name) as Module;
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    const why = message.split('\n')[0]!.trim().replace(/\.$/, '');
    throw new InvalidOptionError(
      `The package ${name}, which ${purpose}, does not load (${why}).`,
      `Install it anew: \`npm install ${name}\`.`,
    );
  }
}

/** By hand, since a package may hide its package.json behind `exports`. */
function locate(name: string, from: string): string | undefined {
  const paths = createRequire(from).resolve.paths(name) ?? [];
  return paths
    .map((path) => join(path, name))
    .find((path) => existsSync(join(path, 'package.json')));
}
