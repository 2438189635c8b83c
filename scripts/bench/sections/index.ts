import type { Section } from '../section';
import { foreground } from './foreground';
import { generate } from './generate';
import { matting } from './matting';
import { ops } from './ops';
import { speed } from './speed';
import { startup } from './startup';
import { steps } from './steps';
import { stylegan2, stylegan2Full } from './stylegan2';

/** In the order they run. */
export const sections: readonly Section[] = [
  ops,
  foreground,
  matting,
  speed,
  steps,
  startup,
  stylegan2,
  stylegan2Full,
  generate,
];
