import type { S3Client } from '@aws-sdk/client-s3';
import { InvalidOptionError, type LatentMatteError, OutputError } from '@latent-matte/core';
import { loadOptional } from '@latent-matte/files/load-optional';
import { type ObjectStore, type StoredObject, unreadable } from './object-store';

type Sdk = typeof import('@aws-sdk/client-s3');

/** A request that makes no progress for so long has failed; it is tried again a few times. */
const TIMEOUT_MILLISECONDS = 30_000;
const ATTEMPTS = 5;

/** `s3://bucket/prefix` → its parts. @throws InvalidOptionError */
export function parseBucketAddress(address: string): { bucket: string; prefix: string } {
  const [, bucket, rest = ''] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/.exec(
    address,
  ) ?? [undefined, undefined];
  if (bucket === undefined) {
    throw new InvalidOptionError(
      `${address} is no address of a bucket.`,
      'Use s3://BUCKET/PREFIX; an endpoint other than AWS goes into AWS_ENDPOINT_URL_S3.',
    );
  }
  const prefix = rest.split('/').filter((part) => part !== '');
  return { bucket, prefix: prefix.map((part) => `${part}/`).join('') };
}

/**
 * A bucket of S3 or of a store that speaks its protocol (MinIO, R2, Ceph …).
 *
 * @throws InvalidOptionError no such address, or `@aws-sdk/client-s3` is missing
 * @throws OutputError the bucket cannot be reached or written
 */
export async function openBucket(address: string): Promise<ObjectStore> {
  const { bucket, prefix } = parseBucketAddress(address);
  const sdk = loadOptional<Sdk>('@aws-sdk/client-s3', 'writes to a bucket', import.meta.url);
  const { AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, AWS_REGION, AWS_DEFAULT_REGION } = process.env;
  const other = AWS_ENDPOINT_URL_S3 ?? AWS_ENDPOINT_URL;
  const client = new sdk.S3Client({
    maxAttempts: ATTEMPTS,
    requestHandler: { requestTimeout: TIMEOUT_MILLISECONDS, connectionTimeout: 5000 },
    // Stores other than AWS know neither its newer checksums nor, often, buckets as host names.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    ...(other !== undefined && { forcePathStyle: true }),
    // Those stores ignore the region, without which the client does not sign.
    ...(other !== undefined &&
      (AWS_REGION ?? AWS_DEFAULT_REGION) === undefined && { region: 'us-east-1' }),
  });
  const store = new BucketStore(sdk, client, bucket, prefix);
  try {
    await store.reach();
    return store;
  } catch (error) {
    store.close();
    throw error;
  }
}

class BucketStore implements ObjectStore {
  readonly description: string;
  readonly #sdk: Sdk;
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #prefix: string;

  constructor(sdk: Sdk, client: S3Client, bucket: string, prefix: string) {
    this.#sdk = sdk;
    this.#client = client;
    this.#bucket = bucket;
    this.#prefix = prefix;
    this.description = `s3://${bucket}/${prefix}`;
  }

  #at(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.#bucket, Key: `${this.#prefix}${key}` };
  }

  /** @throws OutputError */
  async reach(): Promise<void> {
    try {
      await this.#client.send(
        new this.#sdk.ListObjectsV2Command({
          Bucket: this.#bucket,
          Prefix: this.#prefix,
          MaxKeys: 1,
        }),
      );
    } catch (cause) {
      throw refused(this.description, cause);
    }
  }

  async put(key: string, content: Uint8Array | string): Promise<void> {
    try {
      await this.#client.send(new this.#sdk.PutObjectCommand({ ...this.#at(key), Body: content }));
    } catch (cause) {
      throw refused(`${this.description}${key}`, cause);
    }
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    return await this.#unlessAbsent(key, async () => {
      const { Body } = await this.#client.send(new this.#sdk.GetObjectCommand(this.#at(key)));
      return await Body!.transformToByteArray();
    });
  }

  async size(key: string): Promise<number | undefined> {
    return await this.#unlessAbsent(key, async () => {
      const head = await this.#client.send(new this.#sdk.HeadObjectCommand(this.#at(key)));
      return head.ContentLength;
    });
  }

  async #unlessAbsent<Value>(key: string, read: () => Promise<Value>): Promise<Value | undefined> {
    try {
      return await read();
    } catch (cause) {
      const { name, $metadata } = cause as {
        name?: string;
        $metadata?: { httpStatusCode?: number };
      };
      if (name === 'NoSuchKey' || name === 'NotFound' || $metadata?.httpStatusCode === 404) {
        return undefined;
      }
      throw unreadable(`${this.description}${key}`, cause);
    }
  }

  async list(): Promise<StoredObject[]> {
    const objects: StoredObject[] = [];
    const pages = this.#sdk.paginateListObjectsV2(
      { client: this.#client },
      { Bucket: this.#bucket, Prefix: this.#prefix },
    );
    try {
      for await (const { Contents = [] } of pages) {
        for (const { Key, Size } of Contents) {
          if (Key === undefined || Size === undefined) continue;
          objects.push({ key: Key.slice(this.#prefix.length), size: Size });
        }
      }
    } catch (cause) {
      throw unreadable(this.description, cause);
    }
    return objects;
  }

  /** An upload that was cut off leaves nothing. */
  async tidy(): Promise<void> {}

  close(): void {
    this.#client.destroy();
  }
}

/** What a store answered, as an {@link OutputError}. */
function refused(what: string, cause: unknown): LatentMatteError {
  const { name = '', message = '' } = cause as Error;
  // A connection that fails on every address has no message of its own.
  const inner = cause instanceof AggregateError ? (cause.errors[0] as Error).message : message;
  const why = [name, inner].filter((part) => part !== '' && part !== 'Error').join(': ');
  return new OutputError(
    `Cannot write ${what}: ${why}.`,
    'Check the bucket, the credentials (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY or a profile), AWS_REGION and AWS_ENDPOINT_URL_S3.',
    { cause },
  );
}
