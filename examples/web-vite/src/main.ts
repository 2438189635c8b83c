import '@fontsource-variable/instrument-sans/index.css';
import '@fontsource/instrument-serif/latin-400.css';
import '@fontsource/instrument-serif/latin-400-italic.css';
import { cutOut, type RasterImage, toBlob } from '@latent-matte/backend-web/page';
import { announce, element } from './elements';
import { hideError, showError } from './notice';
import { openCamera } from './photos/camera';
import { loadExamples } from './photos/examples';
import { fitted } from './photos/fitted';
import { newPhoto, type Photo } from './photos/photo';
import { acceptPhotos } from './photos/photo-sources';
import { PhotoStrip } from './photos/strip';
import { changeInWords } from './result/change';
import { offerDownloads, save } from './result/download';
import { showCancelled, showCut, showFound, showSharpening } from './result/outcome';
import type { Shown } from './result/shown';
import { zipped } from './result/zip';
import { Brush } from './stage/brush';
import { CompareView } from './stage/compare';
import { cutOutPicture, decodedLayers, type Layers } from './stage/layers';
import { Lens } from './stage/lens';
import { softestPlace } from './stage/softest-place';
import { addOwnModel, type CutOutPixels, cutOutPhoto } from './work/cut-out-photo';
import { CutOutQueue } from './work/cut-out-queue';
import { engineFor, stopEngineAfter } from './work/engine';
import { Marking } from './work/marking';
import { isAbort, search, tellStart, tellStopping } from './work/search';
import { prepareSettings, readDevice, readResultSize, readSettings } from './work/settings';

const photos: Photo[] = [];
let current: Photo | undefined;
let shown: Shown | undefined;
let stopSearch: AbortController | undefined;
/** Whether the divider runs through the hair of what is looked at. From then on it is where a person moves it. */
let placed = false;
/** A pass over an example, until somebody has a photo. */
const warming = new AbortController();

const strip = new PhotoStrip((photo) => void select(photo).catch(fail));
const compare: CompareView = new CompareView(() => lens.draw());
const lens = new Lens(compare);
const brush = new Brush((strokes) => {
  if (current !== undefined) void marking.mark(current, strokes);
});
const marking = new Marking(async (photo, cut) => {
  if (cut !== undefined) return await keep(photo, cut);
  if (photo === current) await select(photo);
}, fail);
const queue = new CutOutQueue(cutOutNext, onState);

/** `empty`: nothing is cut out. `cutting`, `searching`: it is at work. `done`: a cut-out is shown. */
function tellState(): void {
  const cutOut = shown !== undefined;
  const searching = stopSearch !== undefined;
  document.body.dataset.state = searching
    ? 'searching'
    : queue.busy
      ? 'cutting'
      : cutOut
        ? 'done'
        : 'empty';
  element('result').hidden = !cutOut || searching;
  element('outcome').hidden = searching;
  element('progress').hidden = !searching;
  element('search-offer').hidden = searching;
  element<HTMLFieldSetElement>('tools').disabled = !cutOut;
  element('tools').hidden = searching;
  element('settings').hidden = searching;
  element<HTMLButtonElement>('search').disabled = !cutOut || queue.busy;
  element('portrait-offer').hidden = shown?.portrait === undefined;
  strip.locked = searching;
  if (!searching) document.title = 'latent-matte';
  tellBatch();
}

/** How far a batch is, where there is more than one photo of one's own. */
function tellBatch(): void {
  const own = photos.filter(({ cut }) => cut === undefined || cut.seconds !== undefined);
  const count = (...states: Photo['state'][]) =>
    own.filter(({ state }) => states.includes(state)).length;
  const left = count('waiting', 'working');
  const others = [
    count('failed') > 0 ? `${count('failed')} failed` : '',
    count('cancelled') > 0 ? `${count('cancelled')} cancelled` : '',
  ].filter(Boolean);
  element('batch').hidden = own.length < 2;
  element('batch-line').textContent = [`${count('done')} of ${own.length} cut out`, ...others].join(
    ', ',
  );
  element('cancel-batch').hidden = left === 0;
  element('download-all').hidden = left > 0 || count('done') < 2;
}

function takePhotos(files: readonly (Blob & { name?: string })[]): void {
  warming.abort();
  hideError();
  const taken = files.map((file) => newPhoto(file, file.name ?? 'camera.png'));
  photos.push(...taken);
  for (const photo of taken) strip.add(photo);
  queue.add(taken);
  if (stopSearch === undefined) void select(taken[0]!).catch(fail);
  tellState();
}

/** Shows a photo, and its cut-out where there is one. */
async function select(photo: Photo): Promise<void> {
  if (photo !== current) placed = false;
  current = photo;
  hideError();
  strip.select(photo);
  brush.show(photo.strokes);
  showCut(photo);
  if (photo.failure !== undefined) showError(photo.failure);
  const { cut } = photo;
  if (cut === undefined) {
    shown = undefined;
    compare.hide();
    tellState();
  }
  const layers = cut && (await decodedLayers(cut.picture));
  const longest = layers ? Math.max(layers.alpha.width, layers.alpha.height) : readResultSize();
  const image = await fitted(photo.file, longest).catch((error: unknown) => {
    // Whoever cuts it out tells why it cannot be read.
    if (cut === undefined) return undefined;
    throw error;
  });
  // Another photo, or its cut-out, was faster, or the first look at it.
  if (photo !== current || cut !== photo.cut || image === undefined) return;
  if (cut === undefined && placed) return;
  if (layers === undefined) compare.show({ photo: image });
  else present({ name: photo.name, photo: image, layers });
  tellState();
}

/** Puts a cut-out on the stage. */
function present(next: Shown): void {
  shown = next;
  showLayers(next.photo, next.layers);
}

function showLayers(photo: RasterImage, layers: Layers): void {
  compare.show({ photo, cut: layers });
  if (placed) return;
  placed = true;
  // The divider runs through the hair, and through the glass.
  const hair = softestPlace(layers.alpha, lens.reach);
  compare.split = hair[0];
  lens.moveTo(hair);
}

async function cutOutNext(photo: Photo, signal: AbortSignal): Promise<void> {
  let previewed: RasterImage | undefined;
  const pixels = await cutOutPhoto(photo, readSettings(), signal, (image, preview) => {
    // What is there already is better than a first look.
    if (photo !== current || photo.cut !== undefined) return;
    previewed = image;
    showLayers(image, preview);
    showSharpening();
  }).catch((error: unknown) => {
    if (photo === current && previewed !== undefined) compare.show({ photo: previewed });
    throw error;
  });
  photo.strokes = [];
  photo.unmarked = undefined;
  if (photo === current) brush.show(photo.strokes);
  await keep(photo, pixels);
}

/** Shows a new cut-out where its photo is looked at, and keeps it as a file. */
async function keep(photo: Photo, pixels: CutOutPixels): Promise<void> {
  const { layers, confidence, seconds, warnings } = pixels;
  if (photo === current) {
    present({ name: photo.name, photo: pixels.photo, layers });
    announce(`Cut out in ${seconds.toFixed(1)} seconds.`);
  }
  const picture = await toBlob(cutOutPicture(layers));
  photo.cut = { picture, confidence, seconds, warnings };
  photo.state = 'done';
  if (photo === current) showCut(photo);
  tellState();
}

function onState(photo: Photo): void {
  strip.update(photo);
  if (photo === current) {
    showCut(photo);
    if (photo.state === 'working') hideError();
    if (photo.failure !== undefined) fail(photo.failure);
  }
  tellState();
}

async function enhance(): Promise<void> {
  if (shown === undefined || stopSearch !== undefined || queue.busy) return;
  const { name, photo, layers } = shown;
  hideError();
  const stop = new AbortController();
  try {
    const settings = readSettings();
    stopSearch = stop;
    queue.held = true;
    compare.show({ photo, cut: layers });
    tellStart();
    tellState();
    element('cancel').focus();
    const engine = await engineFor(settings.device);
    await addOwnModel(engine, settings);
    const found = await search(photo, settings.search, stop.signal, (preview) =>
      compare.showStep({ foreground: preview.portrait, alpha: preview.alpha }),
    );
    const { enhancement } = found;
    const memory = await engine.worker.memory();
    const change = changeInWords(photo, layers.alpha, enhancement);
    showFound({ ...found, change, description: engine.backend.description, memory });
    if (enhancement.bestStep === 0) compare.show({ photo, cut: layers });
    else {
      const { portrait } = enhancement;
      const enhanced = { portrait, layers: enhancement };
      shown = { name, photo, layers: enhancement, portrait };
      compare.show({ photo, cut: layers, enhanced });
    }
    announce(element('outcome-title').textContent ?? '');
  } catch (error) {
    compare.show({ photo, cut: layers });
    if (isAbort(error)) {
      showCancelled();
      announce('Cancelled.');
    } else fail(error);
  } finally {
    stopSearch = undefined;
    queue.held = false;
    tellState();
    element('outcome-title').focus({ preventScroll: true });
  }
}

function fail(error: unknown): void {
  showError(error);
  stopEngineAfter(error);
}

prepareSettings();
acceptPhotos(takePhotos);
offerDownloads(
  () => shown,
  () => compare.backdrop.current,
);
element('camera-open').addEventListener('click', () => {
  hideError();
  void openCamera((picture) => takePhotos([picture]));
});
element<HTMLFormElement>('settings').addEventListener('submit', (event) => event.preventDefault());
element('search').addEventListener('click', () => void enhance());
element('cancel').addEventListener('click', () => {
  tellStopping();
  stopSearch?.abort();
});
element('again').addEventListener('click', () => current && queue.add([current]));
element('cancel-batch').addEventListener('click', () => {
  queue.cancel();
  announce('Cancelled.');
});
element('download-all').addEventListener('click', () => {
  const own = photos.filter(({ cut }) => cut?.seconds !== undefined);
  void zipped(own).then((archive) => save('cut-outs.zip', archive), showError);
});

/** Something to look at first; then, while somebody looks for a photo, everything that its cut-out needs. */
async function begin(): Promise<void> {
  const examples = await loadExamples();
  photos.push(...examples);
  for (const photo of examples) strip.add(photo);
  if (current === undefined) await select(examples[0]!);
  await engineFor(readDevice());
  // The first pass of a network takes longer than all others.
  if (warming.signal.aborted) return;
  const { signal } = warming;
  await cutOut(examples[0]!.file, { signal, onPreview: () => {} }).catch((error: unknown) => {
    if (!isAbort(error)) throw error;
  });
}

tellState();
void begin().catch(fail);
