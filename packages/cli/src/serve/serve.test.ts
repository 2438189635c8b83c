import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createWorkerPool, encodeImage, readImage } from '@latent-matte/backend-node';
import { mockPortrait } from '@latent-matte/core/testing';
import { describe, expect, it } from 'vitest';
import { type CutOutWorkers, startCutOutWorkers } from '../cut-out/cut-out-workers';
import { run } from '../run';
import { memoryTerminal } from '../testing/fake-enhancement';
import { registerLeftHalf } from '../testing/left-half';
import type { ServeCommandOptions } from './grammar';
import { serveCommand } from './run';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const portrait = here('../../../../examples/quickstart/astronaut-portrait.png');
/** Bodies that clients should not send. */
const shared = here('../../../../../shared/cases/http');
const requests = existsSync(shared) ? shared : undefined;
const SIDE = 64;
const png = async () => new Uint8Array(await encodeImage(mockPortrait(SIDE, SIDE), 'png'));

const usual: ServeCommandOptions = {
  host: '127.0.0.1',
  port: 0,
  device: 'cpu',
  maxBytes: 1e6,
  maxWaiting: 8,
  seconds: 30,
  jobSeconds: 60,
  workers: 1,
};

/** A server whose models are those of this thread. */
async function serve(
  options: Partial<ServeCommandOptions>,
  startWorkers: (options: ServeCommandOptions) => Promise<CutOutWorkers> = startCutOutWorkers,
) {
  const terminal = memoryTerminal();
  const stop = new AbortController();
  const ended = serveCommand({ ...usual, ...options }, terminal, stop.signal, startWorkers);
  await expect.poll(() => terminal.outs.length, { timeout: 60_000 }).toBe(1);
  const url = terminal.outs[0]!.split(',')[0]!;
  const post = (body: BodyInit, type?: string, query = '', signal?: AbortSignal) =>
    fetch(`${url}/cut-out${query}`, {
      method: 'POST',
      body,
      headers: { connection: 'close', ...(type !== undefined && { 'content-type': type }) },
      ...(signal && { signal }),
    });
  const jobs = async (): Promise<number> => (await (await fetch(`${url}/health`)).json()).jobs;
  const end = async (): Promise<void> => {
    stop.abort();
    await ended;
  };
  return { url, post, jobs, end, terminal };
}

/** The answer to a request that no client would send. */
async function exchange(url: string, head: string, body: Uint8Array = new Uint8Array()) {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write(`${head}\r\nhost: localhost\r\n\r\n`);
  socket.write(body);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => {
    chunks.push(chunk);
    socket.end();
  });
  await once(socket, 'close');
  return { status: Number(Buffer.concat(chunks).toString().split(' ')[1]) };
}

const decoded = async (answer: Response) => Buffer.from(await answer.arrayBuffer());

describe('serve', () => {
  it('cuts out raw bodies and forms', async () => {
    registerLeftHalf('left-half');
    const { post, end, jobs } = await serve({ model: 'left-half' });
    const raw = await post(await png(), 'image/png');
    expect([raw.status, raw.headers.get('content-type')]).toEqual([200, 'image/png']);
    expect(Number(raw.headers.get('x-confidence'))).toBeGreaterThanOrEqual(0);
    const form = new FormData();
    form.set('image', new Blob([await png()]), 'photo.png');
    const mask = await post(form, undefined, '?only=mask&format=webp');
    expect([mask.status, mask.headers.get('content-type')]).toEqual([200, 'image/webp']);
    // What curl says of bytes, of a form of rembg's, and what says nothing.
    const other = new FormData();
    other.set('file', new Blob([await png()]), 'photo.png');
    for (const [body, type] of [
      [await png(), 'application/x-www-form-urlencoded'],
      [await png(), 'application/octet-stream'],
      [await png(), ''],
      [other, undefined],
    ] as const) {
      expect((await post(body, type)).status, type).toBe(200);
    }
    const white = await post(await png(), 'image/png', '?background=%23fff');
    // A file would end so.
    const jpeg = await post(await png(), 'image/png', '?background=%23fff&format=jpg');
    expect(jpeg.headers.get('content-type')).toBe('image/jpeg');
    await jpeg.arrayBuffer();
    const { data } = await readImage(await decoded(white));
    expect([...data.subarray((SIDE - 1) * 3, SIDE * 3)]).toEqual([255, 255, 255]);
    expect(await jobs()).toBe(0);
    await end();
  });

  it('refuses what is no photo, too large, broken or too slow, and goes on', async () => {
    registerLeftHalf('left-half');
    const { url, post, end } = await serve({
      model: 'left-half',
      maxBytes: 100_000,
      seconds: 1,
    });
    const refused = await post('no picture', 'image/png');
    expect(refused.status).toBe(415);
    expect(await refused.json()).toMatchObject({
      code: 'INVALID_IMAGE',
      remedy: expect.any(String),
    });
    expect((await post('text', 'text/plain')).status).toBe(415);
    expect((await post('x'.repeat(100_001), 'image/png')).status).toBe(413);
    expect((await post('--b\r\nbroken', 'multipart/form-data; boundary=b')).status).toBe(400);
    for (const query of ['?format=gif', '?background=/etc/passwd', '?only=hair']) {
      expect((await post(await png(), 'image/png', query)).status, query).toBe(400);
    }
    const mistyped = await post(await png(), 'image/png', '?backgroun=%23fff');
    expect(await mistyped.json()).toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining('"backgroun"'),
      remedy: expect.stringContaining('background='),
    });
    expect((await fetch(`${url}/elsewhere`)).status).toBe(404);
    expect((await exchange(url, 'GET // HTTP/1.1')).status).toBe(404);
    expect((await exchange(url, 'POST http://[/cut-out HTTP/1.1')).status).toBe(404);
    // The body never ends by itself.
    const start = (await png()).slice(0, 10);
    const late = await fetch(`${url}/cut-out`, {
      method: 'POST',
      body: new ReadableStream({ start: (body) => body.enqueue(start) }),
      headers: { 'content-type': 'image/png' },
      duplex: 'half',
    } as RequestInit);
    expect(late.status).toBe(408);
    expect((await post(await png(), 'image/png')).status).toBe(200);
    await end();
  });

  it('takes an honest photo while slow senders of the same address hold every place', async () => {
    registerLeftHalf('left-half');
    const { url, post, end } = await serve({ model: 'left-half', seconds: 600 });
    const { hostname, port } = new URL(url);
    const slow = Array.from({ length: 10 }, () => connect(Number(port), hostname));
    for (const socket of slow) {
      socket.on('error', () => undefined);
      socket.write('POST /cut-out HTTP/1.1\r\nhost: x\r\ncontent-type: image/png\r\n');
      socket.write('content-length: 5000\r\n\r\n\x89PNG');
    }
    // Within the first second a slow sender looks like any other.
    const honest = async () => (await post(await png(), 'image/png')).status;
    await expect.poll(honest, { timeout: 60_000 }).toBe(200);
    for (const socket of slow) socket.destroy();
    await end();
  });

  it('says when too many wait, and drops the job of a client that is gone', async () => {
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    registerLeftHalf('gated', { ready: gate });
    const { post, jobs, end } = await serve({ model: 'gated', maxWaiting: 0 });
    const leaving = new AbortController();
    const first = post(await png(), 'image/png', '', leaving.signal);
    await expect.poll(jobs).toBe(1);
    const turned = await post(await png(), 'image/png');
    expect([turned.status, turned.headers.get('retry-after')]).toEqual([503, '30']);
    leaving.abort();
    await expect(first).rejects.toThrow();
    open();
    await expect.poll(jobs).toBe(0);
    expect((await post(await png(), 'image/png')).status).toBe(200);
    await end();
  });

  it('answers when a photo takes too long, and goes on when it has ended', async () => {
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    registerLeftHalf('slow', { ready: gate });
    const { post, jobs, end } = await serve({ model: 'slow', jobSeconds: 0.5 });
    // One that is worked on, and one that waits.
    const both = [post(await png(), 'image/png'), post(await png(), 'image/png')];
    for (const late of await Promise.all(both)) {
      expect([late.status, late.headers.get('retry-after')]).toEqual([503, '30']);
      expect(await late.json()).toMatchObject({ code: 'TOO_LONG' });
    }
    // The one that waited is gone, the other holds its place until it hears of it.
    expect(await jobs()).toBe(1);
    open();
    await expect.poll(jobs).toBe(0);
    // On a busy machine this one may come too late, too.
    const status = async () => (await post(await png(), 'image/png')).status;
    await expect.poll(status, { timeout: 60_000 }).toBe(200);
    await end();
  });

  it.skipIf(requests === undefined)(
    `answers hostile requests with an error${requests === undefined ? ': no ../shared' : ''}`,
    async () => {
      registerLeftHalf('left-half');
      const { url, post, end, terminal } = await serve({ model: 'left-half', seconds: 1 });
      for (const name of await readdir(requests!)) {
        const body = await readFile(join(requests!, name));
        // The form names its boundary in the first line, if it is one.
        const boundary = /^--(\S+)/.exec(body.toString('latin1'))?.[1] ?? 'x';
        const answer = await post(body, `multipart/form-data; boundary=${boundary}`);
        expect(answer.status, name).toBe(400);
        expect(await answer.json()).toMatchObject({ code: expect.stringMatching(/^[A-Z_]+$/) });
        // Sent with a length that never arrives.
        const head = `POST /cut-out HTTP/1.1\r\ncontent-type: multipart/form-data; boundary=${boundary}\r\ncontent-length: 5000`;
        expect((await exchange(url, head, body)).status, name).toBe(408);
      }
      expect((await post(await png(), 'image/png')).status).toBe(200);
      expect(terminal.notes).toEqual([]);
      await end();
    },
  );

  it('answers while a thread computes', async () => {
    const pool = () => createWorkerPool({ device: 'wasm', workers: 1 });
    const { url, post, end } = await serve({}, pool);
    const cutOut = post(await readFile(portrait), 'image/png');
    // Each is asked after the one before was answered, and all before the photo is: while a network runs.
    const order: string[] = [];
    void cutOut.then(() => order.push('photo'));
    while (order.length < 4) {
      expect((await fetch(`${url}/health`)).status).toBe(200);
      order.push('health');
    }
    expect((await cutOut).status).toBe(200);
    expect(order).toEqual(['health', 'health', 'health', 'health', 'photo']);
    await end();
  });

  it('refuses a port that is none', async () => {
    const terminal = memoryTerminal();
    const { signal } = new AbortController();
    expect(await run(['serve', '--port', '70000', '--device', 'cpu'], terminal, signal)).toBe(1);
    expect(terminal.notes.join()).toMatch(/--port is 70000/);
  });
});
