import type { Enhancement, EnhancementStep } from '@latent-matte/backend-node';
import type { EnhancementChange } from './change';

/** Content of `result.json`. Numbers that are infinite (PSNR of an unchanged portrait) are `null` there. */
export interface EnhancementResult {
  readonly tool: 'latent-matte';
  readonly schema: 2;
  readonly versions: Readonly<Record<string, string>>;
  readonly source: { readonly name: string; readonly width: number; readonly height: number };
  readonly settings: Enhancement['settings'];
  readonly bestStep: number;
  readonly psnr: number | null;
  readonly seconds: number;
  readonly change: EnhancementChange;
  /** Mean entropy of the trimap model before and after, nats. */
  readonly entropy: readonly [before: number, after: number];
  /** Share of unknown pixels before and after. */
  readonly unknown: readonly [before: number, after: number];
  /** `perturbation.png` is mid-grey + this × (enhanced − source). */
  readonly amplification: number;
  readonly warnings: readonly string[];
  readonly files: readonly string[];
  readonly history: readonly Omit<EnhancementStep, 'preview'>[];
}
