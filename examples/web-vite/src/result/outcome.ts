import type { Enhancement } from '@latent-matte/backend-web/page';
import { element, fillFigures } from '../elements';
import type { Photo } from '../photos/photo';
import { LossCharts } from './loss-charts';

const charts = new LossCharts(element('outcome-charts'));

/** What became of a photo, in words. */
export function showCut({ state, cut, strokes }: Photo): void {
  const details = element('how-it-went');
  details.hidden = true;
  if (state !== 'done' || cut === undefined) {
    const [title, text] = unfinished[state === 'done' ? 'failed' : state];
    say(title, text);
    return;
  }
  const time = cut.seconds === undefined ? 'An example, cut out beforehand' : seconds(cut.seconds);
  const sure = `${Math.round(100 * cut.confidence)} % sure that this is a person`;
  const marked = strokes.length > 0 ? ', with your marks' : '';
  say('Cut out', `${time}${marked}; ${sure}.`, cut.warnings);
}

/** A cut-out is shown as the first look saw it. */
export function showSharpening(): void {
  say('Cut out', 'Looking closer at the edges.');
}

const unfinished = {
  waiting: ['Waiting', 'It is cut out when its turn comes.'],
  working: ['Cutting out', 'A first look at all of it.'],
  failed: ['Not cut out', 'What went wrong stands below.'],
  cancelled: ['Cancelled', 'This photo was not cut out.'],
} as const;

const seconds = (value: number): string => `In ${value.toFixed(value < 10 ? 1 : 0)} s`;

/** What a search found. */
export interface Found {
  readonly enhancement: Enhancement;
  readonly cancelled: boolean;
  /** In one sentence. */
  readonly change: string;
  /** Of the device. */
  readonly description: string;
  /** Of the worker after the run. */
  readonly memory: { readonly tensors: number; readonly bytes: number };
}

export function showFound({ enhancement, cancelled, change, description, memory }: Found): void {
  const { bestStep, psnr, settings, seconds, original, enhanced, warnings, history } = enhancement;
  const last = history.at(-1)?.step ?? 0;
  const where = cancelled ? `Cancelled at step ${last} of ${settings.steps}. ` : '';
  if (bestStep === 0) {
    const same = 'Photo and cut-out are as they were.';
    say(cancelled ? 'Cancelled' : 'Left as it was', where + same, warnings);
  } else {
    const best = cancelled ? `The best step until then, ${bestStep}, is shown. ` : '';
    say(cancelled ? 'Cancelled' : 'Enhanced', where + best + change, warnings);
  }
  charts.show(history, bestStep);
  const [height, width] = settings.workingSize;
  const doubt = [original.entropy, enhanced.entropy].map((nats) => nats.toFixed(3));
  fillFigures(element('technical'), [
    ['Likeness to the photo', Number.isFinite(psnr) ? `${psnr.toFixed(1)} dB` : 'identical'],
    ['Step returned', `${bestStep} of ${settings.steps}`],
    ['Time', `${seconds.toFixed(1)} s`],
    ['Device', description],
    ['Matting model', settings.model],
    ['Optimised at', `${width} × ${height}`],
    ['Losses', activeLosses(settings.weights)],
    ['Doubt of the trimap', doubt.join(' → ')],
    ['Seed', String(settings.seed)],
    ['Left in the worker', `${memory.tensors} tensors, ${memory.bytes} bytes`],
  ]);
  element('how-it-went').hidden = false;
}

/** A search that was cancelled before it had taken a step. */
export function showCancelled(): void {
  say('Cancelled', 'The search had not taken a step yet. Photo and cut-out are as they were.');
}

function say(title: string, text: string, warnings: readonly string[] = []): void {
  element('outcome-title').textContent = title;
  element('outcome-text').textContent = text;
  element('warnings').replaceChildren(
    ...warnings.map((textContent) => Object.assign(document.createElement('li'), { textContent })),
  );
}

const activeLosses = (weights: Enhancement['settings']['weights']): string =>
  Object.entries(weights)
    .filter(([, weight]) => weight > 0)
    .map(([name, weight]) => `${weight === 1 ? '' : `${weight} `}${name}`)
    .join(', ');
