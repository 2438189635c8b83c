import type { Section } from '../section';
import { ops } from './ops';
import { steps } from './steps';

/** In the order they run. */
export const sections: readonly Section[] = [ops, steps];
