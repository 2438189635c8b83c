import { readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  type EnhanceOptions,
  enhancePortrait,
  estimateForeground,
  type RasterImage,
  readImage,
  readMap,
  writeImage,
} from '@latent-matte/backend-node';
import { loadLatents, saveLatents } from '@latent-matte/backend-node/checkpoints';
import {
  closedFormMatting,
  type InvertOptions,
  invertPortrait,
  type LatentData,
} from '@latent-matte/backend-node/core';
import { officialMatte } from '@latent-matte/backend-node/evaluate';
import { makeFolder } from '@latent-matte/files/make-folder';
import { hashOf } from '@latent-matte/files/settings-differences';
import { writeFileAtomic } from '@latent-matte/files/write-file-atomic';
import { createProgress } from '../terminal/progress';
import type { Terminal } from '../terminal/terminal';
import { absent } from './convert-once';
import { measureProtocol } from './measure';
import { type OfficialPicture, readOfficialLatents } from './official-data';
import type { PictureResult, RunSettings } from './picture-result';
import { sideBySide } from './pictures';

/** The authors report every so many updates. */
const REPORT_EVERY = 50;

/** What a picture is run with. */
export interface PictureRun {
  readonly settings: RunSettings;
  readonly enhance: EnhanceOptions;
  readonly invert: InvertOptions;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

/**
 * One portrait as the authors run it: its latents, F, the search, what their script writes, and the errors of the
 * original and the enhanced matte.
 *
 * @param folder of the picture, made where it is missing; `result.json` comes last
 * @throws LatentMatteError what the picture or the device does not allow
 * @throws AbortedError the signal fired
 */
export async function reproducePicture(
  picture: OfficialPicture,
  folder: string,
  run: PictureRun,
): Promise<PictureResult> {
  const { settings, enhance, terminal, signal } = run;
  await makeFolder(join(folder, 'steps'));
  const image = await readImage(picture.image);
  const truth = await readMap(picture.matte);
  const trimap = picture.trimap === undefined ? undefined : await readMap(picture.trimap);
  const began = performance.now();
  const latents = await latentsOf(picture, image, join(folder, 'latents.safetensors'), run);
  const inversionSeconds = (performance.now() - began) / 1000;
  const foregroundColors = await foregroundFor(picture, image, trimap, folder, signal);
  const progress = createProgress(terminal, picture.name);
  const reports: PictureResult['reports'][number][] = [];
  const previews: Promise<void>[] = [];
  try {
    const found = await enhancePortrait(image, {
      ...enhance,
      signal,
      advanced: {
        ...enhance.advanced,
        latents: latents.code,
        ...(foregroundColors !== undefined && { foregroundColors }),
        previewEvery: REPORT_EVERY,
        onPhase: progress.onPhase,
      },
      onProgress(step) {
        progress.onProgress(step);
        if (step.preview === undefined) return;
        const { portrait, alpha } = step.preview;
        reports.push({ step: step.step, errors: measureProtocol(alpha, truth, trimap) });
        const matte = officialMatte(alpha, [truth.height, truth.width]);
        const name = `${String(step.step).padStart(3, '0')}.png`;
        previews.push(
          writeImage(join(folder, 'steps', name), sideBySide([image, portrait, matte])),
        );
      },
    });
    progress.stop();
    await Promise.all(previews);
    const before = officialMatte(found.original.alpha, [truth.height, truth.width]);
    const after = officialMatte(found.enhanced.alpha, [truth.height, truth.width]);
    const result: PictureResult = {
      name: picture.name,
      settings,
      original: measureProtocol(found.original.alpha, truth, trimap),
      enhanced: measureProtocol(found.enhanced.alpha, truth, trimap),
      reports,
      losses: found.history.map(({ step, losses, total, psnr }) => ({ step, losses, total, psnr })),
      latents: latents.from,
      inversionSeconds,
      seconds: found.seconds,
      warnings: found.warnings,
    };
    const pictures: Record<string, RasterImage> = {
      portrait: found.portrait,
      alpha: after,
      'alpha-before': before,
      trimap: found.enhanced.trimap,
      'trimap-before': found.original.trimap,
      'side-by-side': sideBySide([image, found.portrait, before, after, truth]),
    };
    for (const [name, content] of Object.entries(pictures)) {
      await writeImage(join(folder, `${name}.png`), content);
    }
    await writeFileAtomic(join(folder, 'result.json'), JSON.stringify(result, null, 2));
    return result;
  } finally {
    progress.stop();
  }
}

interface PictureLatents {
  readonly code: LatentData;
  /** For the record: `param/3.pt`, or `inverted to 24.1 dB`. */
  readonly from: string;
}

/** Those of the data set, of an earlier run with the same settings, or found now. */
async function latentsOf(
  { name, latents }: OfficialPicture,
  image: RasterImage,
  path: string,
  { settings, invert, terminal, signal }: PictureRun,
): Promise<PictureLatents> {
  if (latents !== undefined) {
    return { code: await readOfficialLatents(latents), from: `param/${name}` };
  }
  const { inversionSteps, seed, device, files, contents } = settings;
  // What the search alone reads must not cost an inversion again.
  const key = hashOf({ inversionSteps, seed, device, files, image: contents.image });
  if ((await readFile(path).catch(absent)) !== undefined) {
    const { latents: code, metadata } = await loadLatents(path);
    if (metadata.get('run') === key)
      return { code, from: `inverted to ${metadata.get('psnr')} dB` };
  }
  // 8,000 steps of a 1024² generator: an interruption must not cost them.
  const checkpoint = join(dirname(path), `inversion-${key}.safetensors`);
  const resume = await readFile(checkpoint).catch(absent);
  if (resume !== undefined) terminal.note(`${name}: the inversion goes on from ${checkpoint}`);
  let last = Number.NEGATIVE_INFINITY;
  const found = await invertPortrait(image, {
    ...invert,
    signal,
    ...(resume !== undefined && { resume: new Uint8Array(resume) }),
    onCheckpoint: (bytes) => writeFileAtomic(checkpoint, bytes),
    onProgress({ step, steps, stage, psnr, elapsedSeconds }) {
      if (elapsedSeconds - last < 5 && step !== steps) return;
      last = elapsedSeconds;
      terminal.note(`${name}: inversion ${step}/${steps} ${stage} ${psnr.toFixed(1)} dB`);
    },
  });
  const psnr = found.psnr.toFixed(1);
  await saveLatents(path, found.code, found.settings.generator, { run: key, psnr });
  await rm(checkpoint, { force: true });
  return { code: found.code, from: `inverted to ${psnr} dB` };
}

/**
 * F as the authors' fg_pred.py makes it: theirs where it is there, otherwise closed-form alpha of the given trimap and
 * multi-level F, kept as an 8-bit file. Without a trimap the search takes the predicted one.
 */
async function foregroundFor(
  { foreground }: OfficialPicture,
  image: RasterImage,
  trimap: RasterImage | undefined,
  folder: string,
  signal: AbortSignal,
): Promise<RasterImage | undefined> {
  if (foreground !== undefined) return await readImage(foreground);
  if (trimap === undefined) return undefined;
  const alpha = await closedFormMatting(image, trimap, { signal });
  const layers = await estimateForeground(image, alpha, { signal });
  const path = join(folder, 'foreground.png');
  await writeImage(path, layers.foreground);
  return await readImage(path);
}
