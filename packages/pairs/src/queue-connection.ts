import { InvalidOptionError, QueueError } from '@latent-matte/core';
import { loadOptional } from '@latent-matte/files/load-optional';
import type { Redis, RedisOptions } from 'ioredis';

type BullMQ = typeof import('bullmq');
type IORedis = typeof import('ioredis');

/** Which queue of which Redis. */
export interface QueueAddress {
  /** `redis://[USER:PASSWORD@]HOST[:PORT][/DB]`, or `rediss://` with TLS. */
  readonly url: string;
  /** Separates runs that share one Redis. Default `latent-matte-generate`. */
  readonly name?: string;
}

const DEFAULT_NAME = 'latent-matte-generate';
/** A Redis that does not answer for so long is not there. */
const CONNECT_MILLISECONDS = 4000;
/** Reconnections in a row after which a lost Redis stays lost: about a minute. */
const RECONNECTIONS = 25;

/** A connection to a Redis that was reached. */
export interface QueueConnection {
  readonly bullmq: BullMQ;
  readonly redis: Redis;
  readonly name: string;
  /** Without the password. */
  readonly description: string;
  /** Rejects when Redis is gone for good; never resolves. */
  readonly lost: Promise<never>;
  close(): Promise<void>;
}

/** Environment variable that holds the password of Redis. */
export const PASSWORD_VARIABLE = 'LATENT_MATTE_REDIS_PASSWORD';

/**
 * Connects to Redis. A password that the address lacks is taken from `LATENT_MATTE_REDIS_PASSWORD`.
 *
 * @throws InvalidOptionError no such address, or `bullmq` and `ioredis` are not installed
 * @throws QueueError it does not answer within seconds
 */
export async function connectQueue({
  url: given,
  name = DEFAULT_NAME,
}: QueueAddress): Promise<QueueConnection> {
  const description = describeUrl(given);
  const url = withPassword(given);
  if (!/^[A-Za-z0-9._-]{1,100}$/.test(name)) {
    throw new InvalidOptionError(
      `"${name}" cannot be the name of a queue.`,
      'Use up to 100 letters, digits, dots, dashes and underscores.',
    );
  }
  const bullmq = loadOptional<BullMQ>('bullmq', 'runs the queue', import.meta.url);
  const { Redis } = loadOptional<IORedis>('ioredis', 'talks to Redis', import.meta.url);
  await assertReachable(Redis, url, description);
  let closing = false;
  const redis = new Redis(url, {
    // As BullMQ asks of connections that wait for jobs.
    maxRetriesPerRequest: null,
    connectTimeout: CONNECT_MILLISECONDS,
    retryStrategy: (times) => (times > RECONNECTIONS ? null : Math.min(200 * times, 3000)),
  });
  let last: Error | undefined;
  const lost = new Promise<never>((_, reject) => {
    redis.on('error', (error: Error) => {
      last = error;
    });
    redis.on('end', () => {
      if (!closing) reject(unreachable(description, last));
    });
  });
  // Nobody need be waiting when it is closed.
  lost.catch(() => undefined);
  return {
    bullmq,
    redis,
    name,
    description,
    lost,
    async close() {
      closing = true;
      redis.disconnect();
    },
  };
}

/** On a connection of its own that gives up at once: others wait for a Redis that comes back. */
async function assertReachable(
  Client: IORedis['Redis'],
  url: string,
  description: string,
): Promise<void> {
  const options: RedisOptions = {
    lazyConnect: true,
    connectTimeout: CONNECT_MILLISECONDS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  };
  const probe = new Client(url, options);
  let cause: Error | undefined;
  probe.on('error', (error: Error) => {
    cause = error;
  });
  try {
    await probe.connect();
    await probe.ping();
  } catch (error) {
    throw unreachable(description, cause ?? error);
  } finally {
    probe.disconnect();
  }
}

/** What Redis answers that is there, and lets nobody in: the words its answers begin with. */
const REFUSALS: Readonly<Record<string, string>> = {
  NOAUTH: 'asks for a password',
  WRONGPASS: 'does not take this user and password',
  NOPERM: 'does not let this user do what the queue needs',
};

function unreachable(description: string, cause: unknown): QueueError {
  const { code = '', message = '' } = (cause ?? {}) as NodeJS.ErrnoException;
  const refusal = REFUSALS[message.split(' ', 1)[0]!];
  if (refusal !== undefined) {
    return new QueueError(
      `Redis at ${description} ${refusal}.`,
      `Give the password in ${PASSWORD_VARIABLE}, or the user and the password in the address.`,
      { cause },
    );
  }
  return new QueueError(
    `Redis at ${description} cannot be reached (${[code, message].find((part) => part !== '') ?? 'no answer'}).`,
    'Start one (`apt-get install redis-server`, or `docker run -p 6379:6379 redis`), or check --queue.',
    { cause },
  );
}

/** The address with the password of the environment, where it has none of its own. */
export function withPassword(url: string): string {
  const password = process.env[PASSWORD_VARIABLE];
  const parsed = new URL(url);
  if (!password || parsed.password !== '') return url;
  parsed.password = encodeURIComponent(password);
  return parsed.href;
}

/** The address without user and password. @throws InvalidOptionError */
export function describeUrl(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const { protocol = '', host = '', pathname = '', hash = '', search = '' } = parsed ?? {};
  const { username = '', password = '' } = parsed ?? {};
  const isRedis = protocol === 'redis:' || protocol === 'rediss:';
  // Behind the host there is the number of a database; else a `/`, `#` or `?` of the password ended the host too soon,
  // and what is taken for host and path is a part of it.
  const isWhole =
    host !== '' &&
    /^(\/\d*)?$/.test(pathname) &&
    hash === '' &&
    !search.includes('@') &&
    // A percent sign of a password that was not escaped.
    [username, password, search].every(isDecodable);
  if (!isRedis || !isWhole) {
    const other = parsed !== undefined && !isRedis;
    throw new InvalidOptionError(
      // Never the address itself: a password that makes it unreadable would be printed.
      `${other ? `An address with ${protocol}` : 'The address of the queue'} is not that of a Redis.`,
      `Use redis://HOST:PORT or redis://HOST:PORT/DATABASE, or rediss:// with TLS; the password may stand in ${PASSWORD_VARIABLE}, where it needs no escapes and no list of processes shows it.`,
    );
  }
  return `${protocol}//${host}${pathname === '/' ? '' : pathname}`;
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
