import { encodePng, readImage } from '@latent-matte/backend-node';
import { mockPortrait } from '@latent-matte/core/testing';
import { describe, expect, it } from 'vitest';
import { run } from '../run';
import { memoryTerminal } from '../testing/fake-enhancement';
import { registerLeftHalf } from '../testing/left-half';

const SIDE = 64;
const png = async () => new Uint8Array(await encodePng(mockPortrait(SIDE, SIDE)));

async function serve(...parameters: string[]) {
  const terminal = memoryTerminal();
  const stop = new AbortController();
  const always = ['serve', '--port', '0', '--device', 'cpu'];
  const ended = run([...always, ...parameters], terminal, stop.signal);
  await expect.poll(() => terminal.outs.length, { timeout: 20_000 }).toBe(1);
  const url = terminal.outs[0]!.split(',')[0]!;
  const post = (body: BodyInit, type?: string, query = '', signal?: AbortSignal) =>
    fetch(`${url}/cut-out${query}`, {
      method: 'POST',
      body,
      headers: { connection: 'close', ...(type !== undefined && { 'content-type': type }) },
      ...(signal && { signal }),
    });
  const jobs = async (): Promise<number> => (await (await fetch(`${url}/health`)).json()).jobs;
  const end = async (): Promise<number> => {
    stop.abort();
    return await ended;
  };
  return { url, post, jobs, end };
}

const decoded = async (answer: Response) => Buffer.from(await answer.arrayBuffer());

describe('serve', () => {
  it('cuts out raw bodies and forms, and ends with 0', async () => {
    registerLeftHalf('left-half');
    const { post, end, jobs } = await serve('-m', 'left-half');
    const raw = await post(await png(), 'image/png');
    expect([raw.status, raw.headers.get('content-type')]).toEqual([200, 'image/png']);
    expect(Number(raw.headers.get('x-confidence'))).toBeGreaterThanOrEqual(0);
    const form = new FormData();
    form.set('image', new Blob([await png()]), 'photo.png');
    const mask = await post(form, undefined, '?only=mask&format=webp');
    expect([mask.status, mask.headers.get('content-type')]).toEqual([200, 'image/webp']);
    const white = await post(await png(), 'image/png', '?background=%23fff');
    const { data } = await readImage(await decoded(white));
    expect([...data.subarray((SIDE - 1) * 3, SIDE * 3)]).toEqual([255, 255, 255]);
    expect(await jobs()).toBe(0);
    expect(await end()).toBe(0);
  });

  it('refuses what is no photo, too large, broken or too slow, and goes on', async () => {
    registerLeftHalf('left-half');
    const { url, post, end } = await serve(
      ...['-m', 'left-half', '--max-bytes', '100000', '--seconds', '1'],
    );
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
    expect((await fetch(`${url}/elsewhere`)).status).toBe(404);
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
    expect(await end()).toBe(0);
  });

  it('says when too many wait, and drops the job of a client that is gone', async () => {
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    registerLeftHalf('gated', { ready: gate });
    const { post, jobs, end } = await serve('-m', 'gated', '--max-waiting', '0');
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
    expect(await end()).toBe(0);
  });

  it('refuses a port that is none', async () => {
    const terminal = memoryTerminal();
    const { signal } = new AbortController();
    expect(await run(['serve', '--port', '70000', '--device', 'cpu'], terminal, signal)).toBe(1);
    expect(terminal.notes.join()).toMatch(/--port is 70000/);
  });
});
