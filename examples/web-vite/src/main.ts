import '@fontsource-variable/instrument-sans/index.css';
import '@fontsource/instrument-serif/latin-400.css';
import '@fontsource/instrument-serif/latin-400-italic.css';
import {
  type AbortedError,
  type Enhancement,
  type EnhancementPhase,
  type EnhancementStep,
  enhancePortrait,
  LatentMatteError,
  type RasterImage,
  readImage,
} from '@latent-matte/backend-web';
import { openCamera } from './camera';
import { CompareView } from './compare';
import { offerDownloads } from './download';
import { announce, element, inside } from './elements';
import { type Engine, engineFor, stopEngineAfter } from './engine';
import { fitted } from './fitted';
import { LossCharts } from './loss-charts';
import { hideError, showError } from './notice';
import { showOutcome } from './outcome';
import { acceptPhotos } from './photo-sources';
import { draw } from './pictures';
import { prepareSettings, readResultSize, readSettings, type Settings } from './settings';

/** `empty`: no photo. `ready`: a photo and settings. `running`. `done`: a result. */
type State = 'empty' | 'ready' | 'running' | 'done';

const parts = {
  picker: element('picker'),
  viewer: element('viewer'),
  compare: element('compare'),
  preview: element('preview'),
  settings: element<HTMLFormElement>('settings'),
  progress: element('progress'),
  outcome: element('outcome'),
  photoLine: element('photo-line'),
  enhance: element<HTMLButtonElement>('enhance'),
  bar: element<HTMLProgressElement>('progress-bar'),
  step: element('progress-step'),
  left: element('progress-left'),
};
const [portraitNow, matteNow] = [...parts.preview.querySelectorAll('canvas')];
const compare = new CompareView();
const charts = new LossCharts(element('charts'));

/** The file as it came, and its name without the ending. */
let photo: { readonly file: Blob; readonly name: string } | undefined;
let stop: AbortController | undefined;

function show(state: State): void {
  document.body.dataset.state = state;
  parts.picker.hidden = state !== 'empty';
  parts.viewer.hidden = state === 'empty';
  parts.compare.hidden = state === 'running';
  parts.preview.hidden = state !== 'running';
  parts.settings.hidden = state === 'running' || state === 'done';
  parts.photoLine.hidden = state === 'empty';
  parts.enhance.disabled = state === 'empty';
  parts.progress.hidden = state !== 'running';
  parts.outcome.hidden = state !== 'done';
  if (state !== 'running') document.title = 'latent-matte';
  // What was at the bottom of a long form is gone: the picture comes back into view.
  const workbench = element('workbench');
  if (workbench.getBoundingClientRect().top < 0) workbench.scrollIntoView();
}

/** Takes a new photo in, if it can be read. */
async function takePhoto(file: Blob, name: string): Promise<void> {
  if (stop !== undefined) return;
  hideError();
  try {
    const image = await readImage(file, { onWarning: announce });
    photo = { file, name: name.replace(/\.\w+$/, '') || 'portrait' };
    element('photo-name').textContent = name;
    element('photo-size').textContent = `${image.width} × ${image.height}`;
    compare.showPhoto(await fitted(image, file, readResultSize()));
    show('ready');
    announce(`${name} is ready to be enhanced.`);
    parts.enhance.focus();
  } catch (error) {
    showError(error);
  }
}

async function enhance(): Promise<void> {
  if (photo === undefined || stop !== undefined) return;
  hideError();
  stop = new AbortController();
  try {
    const settings = readSettings();
    begin();
    const engine = await engineFor(settings.device);
    stop.signal.throwIfAborted();
    const image = await fitted(
      await readImage(photo.file, { onWarning: announce }),
      photo.file,
      settings.resultSize,
    );
    compare.showPhoto(image);
    const found = await search(engine, image, settings, stop.signal);
    await finish(engine, image, found);
  } catch (error) {
    if (isAbort(error)) announce('Cancelled.');
    else showError(error);
    stopEngineAfter(error);
    show('ready');
    parts.enhance.focus();
  } finally {
    stop = undefined;
  }
}

interface Found {
  readonly enhancement: Enhancement;
  readonly cancelled: boolean;
}

/** Runs to the end, or to the signal with the best so far. */
async function search(
  engine: Engine,
  image: RasterImage,
  { options, onnx }: Settings,
  signal: AbortSignal,
): Promise<Found> {
  if (onnx !== undefined) {
    const bytes = await onnx.file.arrayBuffer();
    await engine.worker.addOnnx({ name: onnx.file.name, bytes, input: onnx.input });
    options = { ...options, model: onnx.file.name };
  }
  try {
    const enhancement = await enhancePortrait(image, {
      ...options,
      signal,
      onProgress,
      advanced: { onPhase },
    });
    return { enhancement, cancelled: false };
  } catch (error) {
    // Cancelled after the first step: what was best until then is a result all the same.
    const best = isAbort(error) ? (error as AbortedError<Enhancement>).best : undefined;
    if (best === undefined) throw error;
    return { enhancement: best, cancelled: true };
  }
}

const isAbort = (error: unknown): boolean =>
  (LatentMatteError.isInstance(error) && error.code === 'ABORTED') || error === stop?.signal.reason;

const phases: Readonly<Record<EnhancementPhase, string>> = {
  load: 'Loading the networks',
  invert: 'Taking the photo apart',
  optimize: 'First step',
  finish: 'Cutting out at full size',
};

function begin(): void {
  charts.clear();
  parts.bar.removeAttribute('value');
  parts.left.textContent = '';
  parts.step.textContent = 'Starting the device';
  for (const canvas of [portraitNow, matteNow]) canvas.width = 0;
  const { file } = photo!;
  void createImageBitmap(file).then((bitmap) => {
    // Something to look at until the first step.
    if (portraitNow.width > 0) return;
    const scale = Math.min(1, 640 / Math.max(bitmap.width, bitmap.height));
    portraitNow.width = bitmap.width * scale;
    portraitNow.height = bitmap.height * scale;
    portraitNow.getContext('2d')!.drawImage(bitmap, 0, 0, portraitNow.width, portraitNow.height);
    bitmap.close();
  });
  show('running');
  announce('Started.');
  element('cancel').focus();
}

function onPhase(phase: EnhancementPhase): void {
  parts.step.textContent = phases[phase];
  if (phase === 'finish') parts.left.textContent = '';
  announce(phases[phase]);
}

function onProgress(step: EnhancementStep): void {
  const { step: done, steps, remainingSeconds, preview } = step;
  parts.bar.value = done / steps;
  parts.step.textContent = `Step ${done} of ${steps}`;
  parts.left.textContent = done === 0 ? '' : remaining(remainingSeconds);
  document.title = `${done}/${steps} · latent-matte`;
  charts.add(step);
  if (preview !== undefined) {
    draw(portraitNow, preview.portrait);
    draw(matteNow, preview.alpha);
  }
  // Every quarter: more would talk without end.
  if (
    done > 0 &&
    Math.floor((done * 4) / steps) > Math.floor(((done - 1) * 4) / steps) &&
    done < steps
  ) {
    announce(`${Math.round((100 * done) / steps)} per cent. ${remaining(remainingSeconds)}.`);
  }
}

function remaining(seconds: number): string {
  if (seconds < 1) return 'nearly there';
  if (seconds < 90) return `about ${Math.ceil(seconds)} s left`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `about ${minutes} min left` : `about ${Math.round(minutes / 60)} h left`;
}

async function finish(
  engine: Engine,
  image: RasterImage,
  { enhancement, cancelled }: Found,
): Promise<void> {
  const memory = await engine.worker.memory();
  compare.showResult({
    photo: image,
    enhancement,
    originalForeground: () =>
      engine.worker.foreground({ image, alpha: enhancement.original.alpha }),
  });
  showOutcome({ enhancement, cancelled, description: engine.backend.description, memory });
  offerDownloads(photo!.name, enhancement);
  show('done');
  const title = element('outcome-title');
  announce(title.textContent ?? '');
  title.focus({ preventScroll: true });
}

function forgetPhoto(): void {
  photo = undefined;
  hideError();
  show('empty');
  element('file').focus();
}

prepareSettings();
acceptPhotos(
  (file, name) => void takePhoto(file, name),
  () => stop === undefined,
);
element('camera-open').addEventListener('click', () => {
  hideError();
  void openCamera((picture) => void takePhoto(picture, 'camera.png'));
});
parts.settings.addEventListener('submit', (event) => {
  event.preventDefault();
  void enhance();
});
element('cancel').addEventListener('click', () => {
  parts.step.textContent = 'Stopping';
  stop?.abort();
});
element('change-photo').addEventListener('click', forgetPhoto);
element('another').addEventListener('click', forgetPhoto);
element('again').addEventListener('click', () => {
  show('ready');
  inside<HTMLElement>(parts.settings, 'select').focus();
});
show('empty');
