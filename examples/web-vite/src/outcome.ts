import type { Enhancement } from '@latent-matte/backend-web';
import { element, fillFigures } from './elements';
import { LossCharts } from './loss-charts';
import { unknownShare } from './pictures';

const charts = new LossCharts(element('outcome-charts'));

interface Outcome {
  readonly enhancement: Enhancement;
  readonly cancelled: boolean;
  /** Of the device. */
  readonly description: string;
  /** Of the worker after the run. */
  readonly memory: { readonly tensors: number; readonly bytes: number };
}

/** What was found, in words and figures. */
export function showOutcome({ enhancement, cancelled, description, memory }: Outcome): void {
  const { bestStep, psnr, settings, seconds, original, enhanced, warnings, history } = enhancement;
  const unchanged = bestStep === 0;
  element('outcome-title').textContent = unchanged
    ? 'Unchanged'
    : cancelled
      ? 'Stopped early'
      : 'Enhanced';
  element('outcome-text').textContent = unchanged
    ? 'No step was better than the photo by the criterion, so the photo was kept. The matte is that of the photo.'
    : `Step ${bestStep} of ${settings.steps} was returned. Move the divider to compare.`;
  fillFigures(element('figures'), [
    ['Likeness to the photo', Number.isFinite(psnr) ? `${psnr.toFixed(1)} dB` : 'identical'],
    [
      'Unknown in the trimap',
      change(unknownShare(original.trimap), unknownShare(enhanced.trimap), percent),
    ],
    ['Doubt of the trimap', change(original.entropy, enhanced.entropy, (nats) => nats.toFixed(3))],
    ['Time', `${seconds.toFixed(1)} s`],
  ]);
  element('warnings').replaceChildren(
    ...warnings.map((textContent) => Object.assign(document.createElement('li'), { textContent })),
  );
  charts.show(history, bestStep);
  const [height, width] = settings.workingSize;
  fillFigures(element('technical'), [
    ['Device', description],
    ['Matting model', settings.model],
    ['Optimised at', `${width} × ${height}`],
    ['Losses', activeLosses(settings.weights)],
    ['Seed', String(settings.seed)],
    ['Left in the worker', `${memory.tensors} tensors, ${memory.bytes} bytes`],
  ]);
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

function change(before: number, after: number, format: (value: number) => string): string {
  return `${format(before)} → ${format(after)}`;
}

const activeLosses = (weights: Enhancement['settings']['weights']): string =>
  Object.entries(weights)
    .filter(([, weight]) => weight > 0)
    .map(([name, weight]) => `${weight === 1 ? '' : `${weight} `}${name}`)
    .join(', ');
