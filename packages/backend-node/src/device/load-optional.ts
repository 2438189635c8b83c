import { createRequire } from 'node:module';
import { join } from 'node:path';
import { InvalidOptionError } from '@latent-matte/core';
import { briefly } from '@latent-matte/core/backend';
import { findPackage } from './find-package';

/**
 * Loads a package that a plain install leaves out: from beside this one, or from the working directory.
 *
 * @param purpose for the message, for instance `writes to a bucket`
 * @throws InvalidOptionError it is not installed, or does not load
 */
export function loadOptional<Module>(name: string, purpose: string): Module {
  const [folder] = findPackage(name);
  if (folder === undefined) {
    throw new InvalidOptionError(
      `The package ${name}, which ${purpose}, is not installed.`,
      `Run \`npm install ${name}\`.`,
    );
  }
  try {
    return createRequire(join(folder, 'package.json'))(name) as Module;
  } catch (cause) {
    throw new InvalidOptionError(
      `The package ${name}, which ${purpose}, does not load (${briefly(cause)}).`,
      `Install it anew: \`npm install ${name}\`.`,
    );
  }
}
