import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { hashOf } from '@latent-matte/files/settings-differences';
import { readEntry } from '../../../packages/backend-node/src/weights/installed-entry';
import { readTags } from '../../../packages/cli/src/data/read-tags';
import { CaseStore } from '../../../packages/cli/src/evaluate/case-store';
import { StateFile } from '../../../packages/cli/src/evaluate/state-file';
import { receivePhoto } from '../../../packages/cli/src/serve/receive';
import { GenerationOutput } from '../../../packages/pairs/src/generate-output';
import { parseJob } from '../../../packages/pairs/src/queue-job';
import { jsonOf, type Target, text } from '../target';

/** Runs `use` with a folder in which a file has the bytes. */
async function withFile(
  name: string,
  bytes: Uint8Array,
  use: (folder: string) => Promise<unknown>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'latent-matte-fuzz-'));
  try {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), bytes);
    await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const settings = { steps: 1, weights: { entropy: 1 } };

const evaluationState: Target = {
  name: 'evaluation-state',
  async corpus() {
    const errors = { grad: 1, conn: 2, mse: 3, sad: 4 };
    const row = {
      ...{ name: 'a', original: errors, enhanced: errors, target: errors, psnr: null, ssim: 1 },
      ...{ seconds: 2.5, bestStep: 3, tags: ['profile'] },
    };
    const header = { tool: 'latent-matte', kind: 'evaluation-state', schema: 1 };
    const lines = [
      { ...header, hash: hashOf(settings), settings },
      { task: 'm a', files: '00', row },
      { task: 'm b', files: '01', failure: { name: 'b', code: 'NO_PERSON', message: 'none' } },
    ];
    return [text(lines.map((line) => `${JSON.stringify(line)}\n`).join(''))];
  },
  run: (bytes) =>
    withFile('state.jsonl', bytes, async (folder) => {
      const options = { resume: true, note: () => undefined };
      const state = await StateFile.open(join(folder, 'state.jsonl'), settings, options);
      const row = state.find('m a', '00')?.row;
      // What the tables do with a row.
      if (row !== undefined)
        [row.psnr, row.ssim, row.original.sad].map((value) => value.toFixed(1));
      await state.close();
    }),
};

const evaluationCase: Target = {
  name: 'evaluation-case',
  async corpus() {
    const url = 'data:image/png;base64,iVBORw0KGgo=';
    const names = ['portrait', 'enhanced', 'trimap', 'truth', 'before', 'after', 'perturbation'];
    const pictures = Object.fromEntries([...names, 'composite'].map((name) => [name, url]));
    return [text({ width: 3, height: 4, amplification: 10, ...pictures })];
  },
  // The name is the hash of the empty task.
  run: (bytes) =>
    withFile('e3b0c44298fc1c149afbf4c8996fb924.json', bytes, async (folder) => {
      const pictures = await (await CaseStore.open(folder, () => undefined)).find('');
      if (JSON.stringify(pictures ?? {}).includes('<')) throw new Error('markup in a picture');
    }),
};

const generation: Target = {
  name: 'generation',
  async corpus() {
    const header = {
      tool: 'latent-matte',
      kind: 'generated-pairs',
      schema: 1,
      run: 'a'.repeat(64),
    };
    return [text({ ...header, settings: { device: 'wasm', generation: { seed: 1, steps: 2 } } })];
  },
  run: (bytes) => withFile('generation.json', bytes, (folder) => GenerationOutput.attach(folder)),
};

const job: Target = {
  name: 'queue-job',
  corpus: async () => [text({ schema: 1, run: 'ab'.repeat(32), start: 3, count: 4 })],
  async run(bytes) {
    const json = jsonOf(bytes);
    if (json !== undefined) parseJob(json.value);
  },
};

const installed: Target = {
  name: 'installed-model',
  async corpus() {
    const sha256 = 'a'.repeat(64);
    const file = { name: 'net.onnx', size: 10, sha256 };
    const runs = { format: 'onnx', roles: { matting: { kind: 'matting' } } };
    return [
      text({ network: 'modnet', license: 'MIT', size: 3, sha256 }),
      text({ network: 'onnx', license: 'MIT', files: [file], runs }),
    ];
  },
  run: (bytes) =>
    withFile('mine.json', bytes, async (folder) => {
      process.env.LATENT_MATTE_MODELS = folder;
      await readEntry('mine');
    }),
};

const tags: Target = {
  name: 'tags',
  corpus: async () => [text({ profile: ['a', 'b'], glasses: ['a'] })],
  run: (bytes) => withFile('tags.json', bytes, (folder) => readTags(folder, ['a', 'b'])),
};

const BOUNDARY = 'X';

const upload: Target = {
  name: 'upload',
  async corpus() {
    const part = (name: string, content: string) =>
      `--${BOUNDARY}\r\ncontent-disposition: form-data; name="${name}"; filename="a.png"\r\ncontent-type: image/png\r\n\r\n${content}\r\n`;
    return [
      text(`${part('image', 'pixels')}--${BOUNDARY}--\r\n`),
      text(`${part('other', 'text')}${part('image', 'pixels')}--${BOUNDARY}--\r\n`),
    ];
  },
  async run(bytes) {
    const type = `multipart/form-data; boundary=${BOUNDARY}`;
    const request = Object.assign(Readable.from([Buffer.from(bytes)], { objectMode: false }), {
      headers: { 'content-type': type },
      complete: true,
    });
    await receivePhoto(request as unknown as IncomingMessage, 1e6, 2, new AbortController().signal);
  },
};

export const stateTargets = [
  ...[evaluationState, evaluationCase, generation, job, installed, tags, upload],
];
