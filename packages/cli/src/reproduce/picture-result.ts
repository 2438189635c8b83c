import { readFile } from 'node:fs/promises';
import type { EnhancementStep } from '@latent-matte/backend-node';
import { absent } from './convert-once';
import type { ProtocolErrors } from './measure';
import type { contentsOf } from './official-data';

/** `OUT/NAME/result.json`: written last, so that a picture without it is not done. */
export interface PictureResult {
  readonly name: string;
  /** What decided the result; with others it is made anew. */
  readonly settings: RunSettings;
  readonly original: ProtocolErrors;
  readonly enhanced: ProtocolErrors;
  /** Every 50 updates, as the authors report. */
  readonly reports: readonly { readonly step: number; readonly errors: ProtocolErrors }[];
  readonly losses: readonly Pick<EnhancementStep, 'step' | 'losses' | 'total' | 'psnr'>[];
  /** Where the latents are from: param/, or an inversion and its PSNR. */
  readonly latents: string;
  readonly inversionSeconds: number;
  readonly seconds: number;
  readonly warnings: readonly string[];
}

/** Everything that decides a result. */
export interface RunSettings {
  readonly steps: number;
  readonly inversionSteps: number;
  readonly seed: number;
  readonly device: string;
  /** SHA-256 of the photograph, its truth, and what else of it is given. */
  readonly contents: Awaited<ReturnType<typeof contentsOf>>;
  /** Name and bytes of each checkpoint. */
  readonly files: Readonly<Record<string, number>>;
  /** The picture composed with; `null`: a random one. */
  readonly background: string | null;
}

/** The result of an earlier run of the same settings. */
export async function earlierResult(
  path: string,
  settings: RunSettings,
): Promise<PictureResult | undefined> {
  const text = await readFile(path, 'utf8').catch(absent);
  if (text === undefined) return undefined;
  const result = JSON.parse(text) as PictureResult;
  return JSON.stringify(result.settings) === JSON.stringify(settings) ? result : undefined;
}
