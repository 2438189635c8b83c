import { type CutOutPreview, cutOut, type RasterImage } from '@latent-matte/backend-web/page';
import { fitted } from '../photos/fitted';
import type { Photo } from '../photos/photo';
import type { Layers } from '../stage/layers';
import { rasterizedStrokes } from '../stage/strokes';
import { type Engine, engineFor } from './engine';
import type { Settings } from './settings';

/** A cut-out as pixels. */
export interface CutOutPixels {
  readonly photo: RasterImage;
  readonly layers: Layers;
  readonly confidence: number;
  readonly seconds: number;
  readonly warnings: readonly string[];
}

/**
 * Decodes a photo and cuts it out.
 *
 * @param onPreview shown what the first look saw, while closer looks are on their way
 */
export async function cutOutPhoto(
  { file }: Photo,
  settings: Settings,
  signal: AbortSignal,
  onPreview: (photo: RasterImage, preview: CutOutPreview) => void,
): Promise<CutOutPixels> {
  const engine = await engineFor(settings.device);
  await addOwnModel(engine, settings);
  // Without what happens once: the device and the networks.
  const start = performance.now();
  const photo = await fitted(file, settings.resultSize);
  const { cutOutModel: model } = settings;
  const found = await cutOut(photo, {
    signal,
    onPreview: (preview) => onPreview(photo, preview),
    ...(model !== undefined && { model }),
  });
  return { ...found, photo, layers: found, seconds: (performance.now() - start) / 1000 };
}

/** Cuts a photo out again, with what was marked. @param unmarked the cut-out without marks */
export async function cutOutMarked(
  { file, strokes }: Photo,
  { alpha }: Layers,
  settings: Settings,
): Promise<CutOutPixels> {
  const engine = await engineFor(settings.device);
  const start = performance.now();
  const photo = await fitted(file, Math.max(alpha.width, alpha.height));
  const marks = rasterizedStrokes(strokes, photo);
  const found = await engine.worker.cutOutMarked({ image: photo, alpha, marks });
  return { ...found, photo, layers: found, seconds: (performance.now() - start) / 1000 };
}

/** Registers the network of the file that was chosen, if one was. */
export async function addOwnModel({ worker }: Engine, { onnx }: Settings): Promise<void> {
  if (onnx === undefined) return;
  const bytes = await onnx.file.arrayBuffer();
  await worker.addOnnx({ name: onnx.file.name, bytes, input: onnx.input });
}
