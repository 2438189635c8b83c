import { DatasetError } from '../errors';
import { quantizeMap } from '../metrics/quantize-map';
import type { EvaluateOptions } from './options';
import type { EvaluationSample } from './types';

/**
 * What must hold before minutes are spent on a picture: parts of one size, a trimap where one is needed, and a true
 * matte with both background and person in it.
 *
 * @throws DatasetError
 * @throws InvalidImageError data that contradicts its size, more than one channel in a map, or NaN
 */
export function checkSample(
  sample: EvaluationSample,
  options: Pick<EvaluateOptions, 'trimapSource' | 'region'>,
): void {
  const { name, image, alpha, trimap } = sample;
  for (const [part, map] of Object.entries({ alpha, trimap })) {
    if (map === undefined) continue;
    if (map.width !== image.width || map.height !== image.height) {
      throw new DatasetError(
        `${name}: the ${part} has ${map.width} × ${map.height} pixels, the image ${image.width} × ${image.height}.`,
        'Give all parts of a sample the same size.',
      );
    }
  }
  const values = quantizeMap(alpha, 'true matte');
  for (const [level, what] of [
    [0, 'nobody'],
    [255, 'no background'],
  ] as const) {
    if (!values.every((value) => value === level)) continue;
    throw new DatasetError(
      `${name}: the true alpha is ${level / 255} everywhere, so there is ${what} to cut out.`,
      'Check that the right file was given; pictures without an edge cannot be measured.',
    );
  }
  if (trimap === undefined && (options.trimapSource === 'given' || options.region === 'unknown')) {
    throw new DatasetError(
      `${name} has no trimap.`,
      "Add one, or use trimapSource 'predicted' and region 'image'.",
    );
  }
}
