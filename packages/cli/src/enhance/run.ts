import { basename, extname, join, resolve } from 'node:path';
import {
  AbortedError,
  enhancePortrait,
  readImage,
  useNodeBackend,
} from '@latent-matte/backend-node';
import { makeFolder, nestedOptions } from '@latent-matte/backend-node/internal';
import { backgroundPaths } from '../flags/backgrounds';
import { isPhotoError } from '../terminal/photo-error';
import { createProgress } from '../terminal/progress';
import { reportError } from '../terminal/report-error';
import type { Terminal } from '../terminal/terminal';
import { describeEnhancement } from './describe-enhancement';
import { ENHANCE_BACKGROUNDS, type EnhanceCommandOptions } from './grammar';
import { enhanceRequest } from './options';
import { assertReplaceable, type WrittenEnhancement, writeEnhancement } from './write-enhancement';

/**
 * `latent-matte enhance`.
 *
 * @param enhance for tests; default `enhancePortrait`
 * @returns 0, or 1 when a photo failed
 * @throws LatentMatteError what concerns every photo: options, models, backend, output
 */
export async function enhanceCommand(
  photos: readonly string[],
  options: EnhanceCommandOptions,
  terminal: Terminal,
  signal: AbortSignal,
  enhance: typeof enhancePortrait = enhancePortrait,
): Promise<number> {
  const folders = resultFolders(photos, options.out);
  // Before minutes of work, not after.
  for (const folder of folders) await assertReplaceable(folder);
  await makeFolder(resolve(options.out));
  const backend = await useNodeBackend({ device: options.device });
  terminal.note(`device: ${backend.description}`);
  const paths = await backgroundPaths(options, ENHANCE_BACKGROUNDS, options.seed);
  const settings = await enhanceRequest(options, paths);
  const results: unknown[] = [];
  let failures = 0;
  for (const [index, photo] of photos.entries()) {
    if (signal.aborted) throw new AbortedError('Stopped.');
    const started = performance.now();
    const progress = createProgress(terminal, basename(photo));
    try {
      const warnings: string[] = [];
      const source = await readImage(photo, { onWarning: (warning) => warnings.push(warning) });
      const request = {
        ...settings,
        signal,
        onProgress: progress.onProgress,
        onPhase: progress.onPhase,
      };
      const enhancement = await enhance(source, nestedOptions(request));
      const written = await writeEnhancement(folders[index]!, {
        name: basename(photo),
        source,
        enhancement,
        warnings,
        signal,
      });
      progress.stop();
      if (options.json) results.push({ photo, folder: written.folder, ...written.result });
      else {
        const whole = (performance.now() - started) / 1000;
        terminal.out(summary(photo, written, describeEnhancement(enhancement, source, whole)));
      }
    } catch (error) {
      progress.stop();
      if (!isPhotoError(error)) throw error;
      failures++;
      reportError(error, terminal, false);
      if (options.json) {
        const { code, message, remedy } = error;
        results.push({ photo, error: { code, message, remedy } });
      }
    }
  }
  if (options.json) terminal.out(JSON.stringify(results, null, 2));
  return failures > 0 ? 1 : 0;
}

function summary(photo: string, written: WrittenEnhancement, lines: readonly string[]): string {
  return [
    `${photo} → ${written.folder}`,
    ...lines.map((line) => `  ${line}`),
    `  change     perturbation.png shows it ×${written.result.amplification}`,
    `  look at    ${written.report}`,
  ].join('\n');
}

/** A folder for each photo, named after it; photos of the same name get `-2`, `-3` … */
function resultFolders(photos: readonly string[], out: string): string[] {
  const used = new Set<string>();
  return photos.map((photo) => {
    const name = basename(photo, extname(photo)).replace(/^\.+/, '') || 'photo';
    let unique = name;
    for (let count = 2; used.has(unique.toLowerCase()); count++) unique = `${name}-${count}`;
    used.add(unique.toLowerCase());
    return join(out, unique);
  });
}
