import { resolve } from 'node:path';
import { makeFolder } from '@latent-matte/files/make-folder';
import { FolderStore } from './folder-store';
import type { ObjectStore } from './object-store';

/**
 * A folder (`./pairs`, made when it is missing), or a bucket (`s3://bucket/prefix`, with the optional package
 * `@aws-sdk/client-s3`; credentials, region and `AWS_ENDPOINT_URL_S3` come from where the AWS tools look for them).
 *
 * ```ts
 * import { openObjectStore } from '@latent-matte/pairs';
 *
 * const store = await openObjectStore('file:///data/pairs');
 * ```
 *
 * @throws OutputError the folder cannot be made, or the bucket not be reached
 * @throws InvalidOptionError no such address, or the package is missing
 */
export async function openObjectStore(address: string): Promise<ObjectStore> {
  if (!address.startsWith('s3:')) {
    await makeFolder(resolve(address));
    return new FolderStore(resolve(address));
  }
  const { openBucket } = await import('./bucket-store');
  return await openBucket(address);
}
