import {
  type Enhancement,
  encodeImage,
  type FloatImage,
  type ImageFormat,
  type RasterImage,
} from '@latent-matte/backend-node';
import type { LossWeights } from '@latent-matte/backend-node/core';
import { escapeHtml } from '../../report/escape-html';
import { htmlPage, keyFigureList } from '../../report/page';
import { changeInWords } from '../change';
import { collectGarbage } from '../collect-garbage';
import { formatPsnr } from '../describe-enhancement';
import type { EnhancementResult } from '../enhancement-result';
import { changedPlaces, cropped } from './changed-places';
import { lineChart } from './line-chart';
import { reportScript } from './report-script';

export interface ReportContent {
  readonly result: EnhancementResult;
  readonly source: RasterImage;
  readonly enhancement: Enhancement;
  /** RGBA, with the matte and the colours before. */
  readonly cutoutBefore: FloatImage;
  /** RGBA. */
  readonly cutout: FloatImage;
  readonly perturbation: FloatImage;
}

/** Longest side of the large pictures and of the small ones. */
const LARGE = 1200;
const SMALL = 800;
/** Side at which a changed place is shown. */
const ZOOMED = 360;
/** Changed places shown. */
const PLACES = 3;

const lossTitles: Record<keyof LossWeights, string> = {
  entropy: 'Entropy of the trimap model (λ1)',
  compositional: 'Compositional, discriminator (λ2)',
  consistency: 'Pixel consistency (λ3)',
  perceptual: 'Perceptual distance (λ4)',
  agreement: 'Agreement of the predictions',
  alphaEntropy: 'Entropy of the matte',
  border: 'Edges of the unknown region',
};

/** The swatch of the first look: on a colour, an edge shows what it is worth. */
const FIRST_SWATCH = 3;

const swatches: [name: string, colour: string, swatch: string][] = [
  ['Checkerboard', '', 'conic-gradient(#bbb 25%, #fff 0 50%, #bbb 0 75%, #fff 0) 0 0 / 10px 10px'],
  ['White', '#ffffff', '#ffffff'],
  ['Black', '#000000', '#000000'],
  ['Green', '#00b140', '#00b140'],
  ['Blue', '#2c5aa0', '#2c5aa0'],
  ['Dusk', 'linear-gradient(#31456b, #c98a6b)', 'linear-gradient(#31456b, #c98a6b)'],
];

/** Transparent pictures over each other: each shows its side alone. Places stand side by side, their pixels visible. */
const layersStyle = `
/* A small photo is the first thing to look at all the same. */
.layers { min-width: min(100%, 24rem); }
.layers .before { width: 100%; }
.places-title { margin-top: 1.25rem; }
.layers .before { clip-path: inset(0 calc(100% - var(--at)) 0 0); }
.places { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: .75rem; }
.places .stage { margin: 0; width: 100%; }
.places .zoomed { width: 100%; height: auto; max-height: none; image-rendering: pixelated; }
h3 { font-size: 1rem; font-weight: 600; margin: .9rem 0 .35rem; }
:root { --back: ${swatches[FIRST_SWATCH]![1]}; }
`;

/**
 * The report of one enhancement as a single HTML file: pictures, style and script inline, nothing loaded.
 *
 * ```ts
 * import { writeFile } from 'node:fs/promises';
 * import { type ReportContent, renderReport } from 'latent-matte';
 *
 * declare const content: ReportContent;
 * await writeFile('report.html', await renderReport(content));
 * ```
 */
export async function renderReport(content: ReportContent): Promise<string> {
  const { result, source, enhancement, cutoutBefore, cutout, perturbation } = content;
  const { original, enhanced, portrait, before, after } = enhancement;
  const embed = async (
    image: RasterImage,
    alt: string,
    format: ImageFormat,
    maxSide = SMALL,
    attributes = '',
  ): Promise<string> => {
    collectGarbage(image);
    const bytes = await encodeImage(image, format, { maxSide, quality: 90 });
    const { width, height } = image;
    const scale = Math.min(1, maxSide / Math.max(width, height));
    return `<img ${attributes} width="${Math.round(width * scale)}" height="${Math.round(height * scale)}" alt="${escapeHtml(alt)}" src="data:image/${format};base64,${Buffer.from(bytes).toString('base64')}">`;
  };
  const figure = async (image: RasterImage, caption: string, format: ImageFormat) =>
    `<figure><figcaption>${escapeHtml(caption)}</figcaption>${await embed(image, caption, format)}</figure>`;
  const name = escapeHtml(result.source.name);
  const unchanged = result.bestStep === 0;
  const places = unchanged ? [] : changedPlaces(before.alpha, after.alpha, PLACES);
  const zoomed = async (picture: FloatImage, caption: string) => {
    collectGarbage(picture);
    const pictures = places.map(async (place, i) => {
      const bytes = await encodeImage(cropped(picture, place), 'webp', { quality: 95 });
      const data = Buffer.from(bytes).toString('base64');
      return `<div class="stage"><img class="zoomed" width="${ZOOMED}" height="${ZOOMED}" alt="Place ${i + 1}, ${caption}" src="data:image/webp;base64,${data}"></div>`;
    });
    return `<h3>${caption}</h3><div class="places">${(await Promise.all(pictures)).join('\n')}</div>`;
  };
  return htmlPage({
    title: result.source.name,
    header: `<h1>${name}</h1>
<p>${escapeHtml(changeInWords(result.change, unchanged))}</p>
<p class="soft">Enhanced for the matting model <strong>${escapeHtml(result.settings.model)}</strong>: a version that looks the same to a person and is meant to be easier to cut out.</p>`,
    main: `${warnings(result.warnings)}
<section>
<h2>Cut-out</h2>
<p class="soft">Drag, or use the arrow keys: left the photo, right the enhanced version, cut out alike.</p>
<div class="swatches">
${swatches.map(([label, colour, swatch], index) => `<button type="button" data-colour="${colour}" aria-pressed="${index === FIRST_SWATCH}"><i style="--swatch: ${swatch}"></i>${label}</button>`).join('\n')}
<label><input type="color" value="#c2185b"> another colour</label>
</div>
<div class="compare layers stage">
${await embed(cutoutBefore, 'The person cut out, before', 'webp', LARGE, 'class="before"')}
${await embed(cutout, 'The person cut out, enhanced', 'webp', LARGE, 'class="after"')}
<span class="tag left">before</span><span class="tag right">enhanced</span><div class="bar"></div>
<input type="range" min="0" max="100" step="1" value="50" aria-label="Share of the cut-out shown before enhancement">
</div>
${places.length === 0 ? '' : `<p class="soft places-title">Where the cut-out changed most, enlarged:</p>${await zoomed(cutoutBefore, 'before')}${await zoomed(cutout, 'enhanced')}`}
</section>
<section>
<h2>Portrait</h2>
<p class="soft">${unchanged ? 'No step was better than the source, so both sides are the same.' : 'The change is meant to be hard to see; it is shown amplified below.'}</p>
<div class="compare">
${await embed(source, `${result.source.name}, before`, 'jpeg', LARGE)}
${await embed(portrait, `${result.source.name}, enhanced`, 'jpeg', LARGE, 'class="after"')}
<span class="tag left">before</span><span class="tag right">enhanced</span><div class="bar"></div>
<input type="range" min="0" max="100" step="1" value="50" aria-label="Share of the picture shown before enhancement">
</div>
<p class="soft">Enhanced minus source, amplified ×${result.amplification}, around mid-grey:</p>
<div class="single">${await figure(perturbation, `Perturbation ×${result.amplification}`, 'jpeg')}</div>
</section>
<details>
<summary>Figures, mattes, trimaps, losses, settings</summary>
${keyFigures(result)}
<section>
<h2>Matte</h2>
<p class="soft">What the matting model estimates: white is the person, black the background.</p>
<div class="pair">
${await figure(original.alpha, 'Alpha before', 'png')}
${await figure(enhanced.alpha, 'Alpha after', 'png')}
</div>
</section>
<section>
<h2>Trimap</h2>
<p class="soft">Grey is what the trimap model is unsure about: ${shares(result.unknown)} of the picture; its mean entropy: ${result.entropy.map((value) => value.toPrecision(3)).join(' → ')} nats.</p>
<div class="pair">
${await figure(original.trimap, 'Trimap before', 'png')}
${await figure(enhanced.trimap, 'Trimap after', 'png')}
</div>
</section>
${curves(result)}
${settingsTable(result)}
</details>`,
    footer: `Made by latent-matte ${escapeHtml(result.versions['latent-matte'] ?? '')} on Node ${escapeHtml(result.versions.node ?? '')}, ${escapeHtml(result.settings.backend)}.`,
    script: reportScript,
    style: layersStyle,
  });
}

function keyFigures(result: EnhancementResult): string {
  const figures: [label: string, value: string][] = [
    ['PSNR against the source', formatPsnr(result.psnr ?? Number.POSITIVE_INFINITY)],
    ['Step returned', `${result.bestStep} of ${result.settings.steps}`],
    ['Matte changed in', `${(100 * result.change.matteChanged).toFixed(1)}\u00a0% of the picture`],
    ['Search took', `${result.seconds.toFixed(1)} s`],
    ['Size', `${result.source.width} × ${result.source.height}`],
  ];
  return keyFigureList(figures);
}

const shares = (values: readonly number[]): string =>
  values.map((share) => `${(100 * share).toFixed(1)}\u00a0%`).join(' → ');

function warnings(list: readonly string[]): string {
  if (list.length === 0) return '';
  return `<section class="warnings"><h2>Good to know</h2><ul>${list.map((text) => `<li>${escapeHtml(text)}</li>`).join('')}</ul></section>`;
}

/** Columns of history, each with its numbers by step. */
function columns(result: EnhancementResult): { title: string; key: string; values: number[] }[] {
  const { history } = result;
  const terms = Object.keys(lossTitles) as (keyof LossWeights)[];
  return [
    { title: 'Weighted sum', key: 'total', values: history.map((step) => step.total) },
    ...terms.map((term) => ({
      title: lossTitles[term],
      key: term,
      values: history.map((step) => step.losses[term] ?? Number.NaN),
    })),
    {
      title: 'Selection criterion (lower is better)',
      key: 'criterion',
      values: history.map((step) => step.criterion ?? Number.NaN),
    },
    { title: 'PSNR against the start, dB', key: 'PSNR', values: history.map((step) => step.psnr) },
  ].filter(({ values }) => values.some(Number.isFinite));
}

const short = (value: number): string =>
  Number.isFinite(value) ? Number(value.toPrecision(4)).toString() : '–';

function curves(result: EnhancementResult): string {
  const { history, bestStep } = result;
  if (history.length === 0) return '';
  const steps = Math.max(...history.map(({ step }) => step));
  const series = columns(result);
  const charts = series.map(({ title, values }) =>
    lineChart({
      title,
      points: history.map(({ step }, index) => [step, values[index]!] as const),
      steps,
      bestStep,
      format: short,
    }),
  );
  const rows = history.map(
    ({ step }, index) =>
      `<tr${step === bestStep ? ' class="returned"' : ''}><th scope="row">${step}</th>${series.map(({ values }) => `<td>${short(values[index]!)}</td>`).join('')}</tr>`,
  );
  return `<section>
<h2>Losses</h2>
<p class="soft">Each term before weighting. The dashed line marks the step that was returned.</p>
<div class="charts">${charts.join('\n')}</div>
<details><summary>All values</summary><div class="scroll" tabindex="0" role="region" aria-label="Losses by step"><table class="numbers">
<thead><tr><th scope="col">Step</th>${series.map(({ key }) => `<th scope="col">${key}</th>`).join('')}</tr></thead>
<tbody>${rows.join('\n')}</tbody></table></div></details>
</section>`;
}

function settingsTable(result: EnhancementResult): string {
  const { settings } = result;
  const describe = (value: unknown): string => {
    if (value === null) return 'not used';
    if (Array.isArray(value)) return value.join(' × ');
    if (typeof value === 'object') {
      return Object.entries(value as Record<string, unknown>)
        .map(([key, part]) => `${key} ${part}`)
        .join(', ');
    }
    return String(value);
  };
  const rows = Object.entries(settings).map(
    ([key, value]) =>
      `<tr><th scope="row"><code>${escapeHtml(key)}</code></th><td>${escapeHtml(describe(value))}</td></tr>`,
  );
  return `<section>
<h2>What was run</h2>
<p class="soft">Every option after defaults; <code>result.json</code> holds them too, with the values of each step.</p>
<div class="scroll" tabindex="0" role="region" aria-label="Settings"><table><tbody>${rows.join('\n')}</tbody></table></div>
</section>`;
}
