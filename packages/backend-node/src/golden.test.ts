import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { emulatedGpu } from '@latent-matte/test-kit/emulated-gpu';
import { runScript } from '@latent-matte/test-kit/run-script';
import { describe, expect, it } from 'vitest';

/** What golden-run.mjs sends. */
interface GoldenRun {
  readonly description: string;
  readonly portrait: Float32Array;
  readonly alpha: Float32Array;
  readonly losses: readonly Readonly<Record<string, number>>[];
}

const built = fileURLToPath(
  new URL('../../../.native/node_modules/@tensorflow/tfjs-node', import.meta.url),
);

const devices: [device: string, environment: Record<string, string> | undefined][] = [
  ['wasm', {}],
  ['native', existsSync(built) ? { LATENT_MATTE_TFJS_NODE: built } : undefined],
  ['webgpu', emulatedGpu],
];

const script = new URL('./testing/golden-run.mjs', import.meta.url);

/** A device that was tried once is not tried again. */
const runs = new Map<string, Promise<GoldenRun>>();
function golden(device: string, environment = {}): Promise<GoldenRun> {
  const run = runs.get(device) ?? runScript<GoldenRun>(script, [device], environment);
  runs.set(device, run);
  return run;
}

const furthest = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i]!)), 0);

describe('the same seed and portrait, five steps', () => {
  for (const [device, environment] of devices) {
    it.skipIf(environment === undefined)(
      `give the same on ${device} as on cpu`,
      async () => {
        const reference = await golden('cpu');
        const run = await golden(device, environment);
        expect(run.description).toContain(device);
        expect(run.losses).toHaveLength(6);
        expect(reference.losses.at(-1)!.entropy).toBeLessThan(0.8 * reference.losses[0]!.entropy!);
        for (const [step, losses] of run.losses.entries()) {
          for (const [name, value] of Object.entries(losses)) {
            expect(
              Math.abs(value - reference.losses[step]![name]!),
              `${name} at ${step}`,
            ).toBeLessThan(1e-3);
          }
        }
        expect(run.portrait).toHaveLength(64 * 64 * 3);
        expect(furthest(run.portrait, reference.portrait)).toBeLessThan(2e-3);
        expect(furthest(run.alpha, reference.alpha)).toBeLessThan(2e-3);
      },
      600_000,
    );
  }
});
