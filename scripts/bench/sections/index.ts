import type { Section } from '../section';
import { foreground } from './foreground';
import { ops } from './ops';
import { steps } from './steps';

/** In the order they run. */
export const sections: readonly Section[] = [ops, foreground, steps];
