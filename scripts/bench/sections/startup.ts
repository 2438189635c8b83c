import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { resolveWeights } from '@latent-matte/backend-node/models';
import type { Section } from '../section';

/** Starts per device; the median is reported. The first fills the disk cache of the system. */
const STARTS = 3;
const WEIGHT_BYTES = 64 * 2 ** 20;

export const startup: Section = {
  name: 'startup',
  title: 'cold start in a new process, and loading of weights',
  async run(bench) {
    for (const device of ['wasm', 'native']) {
      const runs: Record<string, number>[] = [];
      try {
        for (let i = 0; i <= STARTS; i++) runs.push(await start(device));
      } catch (error) {
        bench.skip(`cold start, ${device}`, reason(error));
        continue;
      }
      const phases = Object.keys(runs[0]!);
      let total = 0;
      for (const phase of phases) {
        const times = runs.slice(1).map((run) => run[phase]!);
        const median = times.sort((a, b) => a - b)[times.length >> 1]!;
        total += median;
        bench.report(`cold start, ${device}: ${phase}`, median, 'ms');
      }
      bench.report(`cold start, ${device}: all`, total / 1000, 's');
    }
    await weights(bench);
  },
};

async function start(device: string): Promise<Record<string, number>> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    'scripts/bench/startup-run.mjs',
    device,
  ]);
  return JSON.parse(stdout);
}

/** The last line of what a failed process wrote that names an error. */
function reason(error: unknown): string {
  const text = (error as { stderr?: string }).stderr ?? String(error);
  return text.split('\n').find((line) => /Error:/.test(line)) ?? text.slice(0, 200);
}

async function weights(bench: Parameters<Section['run']>[0]): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'latent-matte-bench-'));
  try {
    const path = join(folder, 'weights');
    const content = randomBytes(WEIGHT_BYTES);
    await writeFile(path, content);
    const file = {
      url: pathToFileURL(path).href,
      size: content.length,
      sha256: createHash('sha256').update(content).digest('hex'),
    };
    await bench.compare(
      '64 MiB of weights: verified, against read only',
      () => resolveWeights(file),
      () => readFile(path),
    );
  } finally {
    await rm(folder, { recursive: true });
  }
}
