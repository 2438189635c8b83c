import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mattingModels } from '@latent-matte/backend-node/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProgram } from '../program';
import { memoryTerminal } from '../testing/fake-enhancement';
import { resolveModelChoices } from './resolve-model-choice';

const file = fileURLToPath(new URL('../../../../tests/packaging/brightness.onnx', import.meta.url));

describe('a model file in the place of a name', () => {
  let folder: string;
  let description: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'latent-matte-choice-'));
    description = join(folder, 'description.json');
    await writeFile(description, JSON.stringify({ kind: 'matting', license: 'MIT' }));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each(['model', 'prior'])('is registered under its path, as --%s', async (flag) => {
    const flags = { [flag]: file, describe: [description] };
    expect(await resolveModelChoices(flags, memoryTerminal())).toMatchObject({ [flag]: file });
    expect(mattingModels.has(file)).toBe(true);
  });

  it.each(['net.pt', 'models/net.safetensors', 'C:\\net.H5'])(
    'is not %s, and says what is',
    async (model) => {
      await expect(resolveModelChoices({ model }, memoryTerminal())).rejects.toThrow(
        /is no model file that runs here: those are \.onnx/,
      );
    },
  );

  it('has the descriptions that there are files for', async () => {
    const flags = { model: 'portrait-matte', describe: [description] };
    await expect(resolveModelChoices(flags, memoryTerminal())).rejects.toThrow(
      /belongs to no model file/,
    );
  });

  it('can be described in every command that runs one', () => {
    const { commands } = createProgram(memoryTerminal(), {} as never);
    for (const name of ['cut-out', 'enhance', 'evaluate', 'serve', 'generate']) {
      const { options } = commands.find((command) => command.name() === name)!;
      expect(options.map(({ long }) => long)).toEqual(
        expect.arrayContaining(['--model', '--describe']),
      );
    }
  });
});
