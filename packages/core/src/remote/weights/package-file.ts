import { WeightsError } from '../../errors';

/** A file of a package that is installed apart. */
export interface PackageFile {
  /** `@scope/name`. */
  readonly package: string;
  /** In the folder of the package. */
  readonly path: string;
}

/** What `npm:@scope/name/path` says; undefined for an address of another kind. */
export function packageFile(url: string): PackageFile | undefined {
  const parts = /^npm:((?:@[\w.-]+\/)?[\w.-]+)\/(.+)$/.exec(url);
  return parts === null ? undefined : { package: parts[1]!, path: parts[2]! };
}

/** @param remedy what to do beside installing it */
export const packageMissing = (file: PackageFile, remedy: string): WeightsError =>
  new WeightsError(
    `${file.path.slice(file.path.lastIndexOf('/') + 1)} is in a package of its own, ${file.package}, which is not here.`,
    remedy,
  );
