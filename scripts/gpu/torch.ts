import { execFile } from 'node:child_process';
import type { Case } from './cases';

/** What torch_steps.py says of one case. */
export type TorchFigures =
  | {
      readonly device: string;
      readonly torch: string;
      readonly steps: number;
      readonly secondsPerStep: number;
      readonly peakMegabytes: number | null;
      readonly differs: string;
    }
  | { readonly skipped: string };

/** Runs torch_steps.py for one case; where Python, PyTorch or CUDA is absent, says so. */
export function torchFigures(
  script: string,
  { preset, side, width, networkSize }: Case,
  { python, seconds, cpu }: { python: string; seconds: number; cpu: boolean },
): Promise<TorchFigures> {
  const args = [script, '--preset', preset, '--side', `${side}`, '--seconds', `${seconds}`];
  if (networkSize !== undefined) args.push('--network-size', ...networkSize.map(String));
  if (width === 'narrow') args.push('--narrow');
  if (cpu) args.push('--cpu');
  return new Promise((settle) => {
    const timeout = (seconds + 60) * 1000;
    execFile(python, args, { timeout, maxBuffer: 2 ** 24 }, (error, stdout, stderr) => {
      const line = stdout.trim().split('\n').at(-1) ?? '';
      if (error === null) settle(JSON.parse(line) as TorchFigures);
      else settle({ skipped: `${python} failed: ${lastLine(stderr) || error.message}` });
    });
  });
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1)?.slice(0, 300) ?? '';
