import { encodePng, registerMattingModel, SPEC_VERSION } from '@latent-matte/backend-node';
import { mockPortrait } from '@latent-matte/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { run } from '../run';
import { memoryTerminal } from '../testing/fake-enhancement';

it('cuts out raw bodies and forms, refuses the rest, and ends with 0', async () => {
  registerMattingModel('left-half', async () => ({
    specVersion: SPEC_VERSION,
    name: 'left-half',
    license: 'MIT',
    needsTrimap: false,
    differentiable: 'none',
    input: { multipleOf: 1, min: 1, max: 4096 },
    alpha: ({ image }) =>
      tf.tidy(() => {
        const [batch, height, width] = image.shape;
        const is = tf.cast(tf.less(tf.range(0, width), width / 2), 'float32');
        return tf.tile(tf.reshape(is, [1, 1, width, 1]), [batch, height, 1, 1]) as tf.Tensor4D;
      }),
    dispose: () => undefined,
  }));
  const terminal = memoryTerminal();
  const stop = new AbortController();
  const ended = run(
    [
      'serve',
      '--port',
      '0',
      '-m',
      'left-half',
      '--device',
      'cpu',
      '--max-bytes',
      '100000',
      '--seconds',
      '1',
    ],
    terminal,
    stop.signal,
  );
  await expect.poll(() => terminal.outs.length, { timeout: 10_000 }).toBe(1);
  const url = terminal.outs[0]!.split(',')[0]!;
  const png = new Uint8Array(await encodePng(mockPortrait(64, 64)));
  const post = (body: BodyInit, type?: string, query = '') =>
    fetch(`${url}/cut-out${query}`, {
      method: 'POST',
      body,
      headers: { connection: 'close', ...(type !== undefined && { 'content-type': type }) },
    });
  const raw = await post(png, 'image/png');
  expect(raw.status).toBe(200);
  expect(Number(raw.headers.get('x-confidence'))).toBeGreaterThanOrEqual(0);
  const form = new FormData();
  form.set('image', new Blob([png]), 'photo.png');
  const mask = await post(form, undefined, '?only=mask&format=webp');
  expect([mask.status, mask.headers.get('content-type')]).toEqual([200, 'image/webp']);
  expect((await post('no picture', 'image/png')).status).toBe(415);
  expect((await post('x'.repeat(100_001), 'image/png')).status).toBe(413);
  expect((await post('--b\r\nbroken', 'multipart/form-data; boundary=b')).status).toBe(400);
  expect((await fetch(`${url}/health`)).status).toBe(200);
  // The body never ends by itself.
  const slow = new ReadableStream({ start: (body) => body.enqueue(png.slice(0, 10)) });
  const late = await fetch(`${url}/cut-out`, {
    method: 'POST',
    body: slow,
    headers: { 'content-type': 'image/png' },
    duplex: 'half',
  } as RequestInit);
  expect(late.status).toBe(408);
  expect((await post(png, 'image/jpeg', '?background=%23fff&format=jpeg')).status).toBe(200);
  stop.abort();
  expect(await ended).toBe(0);
});
