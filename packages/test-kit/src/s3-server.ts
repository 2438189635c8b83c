import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

const ACCESS_KEY = 'test-key';
const SECRET_KEY = 'test-secret';

/**
 * A store that speaks the part of S3's protocol that `@latent-matte/pairs` uses, on a real port: PUT, GET, HEAD and
 * ListObjectsV2 with pages, path-style addresses. Every request must be signed (Signature Version 4) and carry the
 * hash of its body; both are recomputed here from the specification.
 */
export interface TestS3 {
  /** What the AWS client reads from the environment to reach it. */
  readonly environment: Readonly<Record<string, string>>;
  readonly objects: Map<string, Buffer>;
  /** Requests to answer with 503 before it works again. */
  busy: number;
  stop(): Promise<void>;
}

export async function startS3(bucket: string, pageSize = 1000): Promise<TestS3> {
  const objects = new Map<string, Buffer>();
  const server = createServer((request, response) => {
    void answer(request, response);
  });
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await bodyOf(request);
    const fail = (status: number, code: string): void => {
      response.writeHead(status, { 'content-type': 'application/xml' });
      const xml = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code} here</Message></Error>`;
      response.end(request.method === 'HEAD' ? undefined : xml);
    };
    if (test.busy > 0) {
      test.busy--;
      return fail(503, 'SlowDown');
    }
    const complaint = signatureComplaint(request, body);
    if (complaint !== undefined) return fail(403, complaint);
    const url = new URL(request.url!, 'http://store');
    const [, found, ...rest] = url.pathname.split('/');
    if (found !== bucket) return fail(404, 'NoSuchBucket');
    const key = decodeURIComponent(rest.join('/'));
    if (request.method === 'GET' && url.searchParams.get('list-type') === '2') {
      response.writeHead(200, { 'content-type': 'application/xml' });
      response.end(listing(objects, url.searchParams, pageSize));
    } else if (request.method === 'PUT') {
      objects.set(key, body);
      response.writeHead(200, { etag: `"${createHash('md5').update(body).digest('hex')}"` });
      response.end();
    } else {
      const content = objects.get(key);
      if (content === undefined) return fail(404, 'NoSuchKey');
      response.writeHead(200, { 'content-length': content.length });
      response.end(request.method === 'HEAD' ? undefined : content);
    }
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const test: TestS3 = {
    objects,
    busy: 0,
    environment: {
      AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${port}`,
      AWS_ACCESS_KEY_ID: ACCESS_KEY,
      AWS_SECRET_ACCESS_KEY: SECRET_KEY,
      AWS_REGION: 'eu-test-1',
    },
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return test;
}

function listing(
  objects: ReadonlyMap<string, Buffer>,
  query: URLSearchParams,
  pageSize: number,
): string {
  const prefix = query.get('prefix') ?? '';
  const after = query.get('continuation-token') ?? '';
  const limit = Math.min(pageSize, Number(query.get('max-keys') ?? pageSize));
  const keys = [...objects.keys()].filter((key) => key.startsWith(prefix) && key > after).sort();
  const page = keys.slice(0, limit);
  const more = keys.length > page.length;
  return [
    '<?xml version="1.0"?><ListBucketResult>',
    `<IsTruncated>${more}</IsTruncated><KeyCount>${page.length}</KeyCount>`,
    ...(more ? [`<NextContinuationToken>${page.at(-1)}</NextContinuationToken>`] : []),
    ...page.map(
      (key) => `<Contents><Key>${key}</Key><Size>${objects.get(key)!.length}</Size></Contents>`,
    ),
    '</ListBucketResult>',
  ].join('');
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

const sha256 = (data: Buffer | string): string => createHash('sha256').update(data).digest('hex');
const hmac = (key: Buffer | string, data: string): Buffer =>
  createHmac('sha256', key).update(data).digest();

/** Recomputes the signature of a request. @returns the code of S3's refusal */
function signatureComplaint(request: IncomingMessage, body: Buffer): string | undefined {
  const { authorization = '' } = request.headers;
  const [, key, date, region, service, names, given] =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
      authorization,
    ) ?? [];
  if (key !== ACCESS_KEY) return 'InvalidAccessKeyId';
  const hash = String(request.headers['x-amz-content-sha256']);
  if (hash !== sha256(body)) return 'XAmzContentSHA256Mismatch';
  const url = new URL(request.url!, 'http://store');
  const query = [...url.searchParams]
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join('&');
  const headers = names!.split(';');
  const canonical = [
    request.method,
    url.pathname,
    query,
    ...headers.map((name) => `${name}:${String(request.headers[name]).trim()}`),
    '',
    names,
    hash,
  ].join('\n');
  const scope = `${date}/${region}/${service}/aws4_request`;
  const text = [
    'AWS4-HMAC-SHA256',
    String(request.headers['x-amz-date']),
    scope,
    sha256(canonical),
  ].join('\n');
  const signing = [region!, service!, 'aws4_request'].reduce(
    (previous, part) => hmac(previous, part),
    hmac(`AWS4${SECRET_KEY}`, date!),
  );
  return hmac(signing, text).toString('hex') === given ? undefined : 'SignatureDoesNotMatch';
}

/** RFC 3986, as the specification asks for. */
const encode = (text: string): string =>
  encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
