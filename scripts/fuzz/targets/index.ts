import type { Target } from '../target';
import { modelTargets } from './models';
import { pictureTargets } from './pictures';
import { stateTargets } from './states';
import { weightTargets } from './weights';

/** Every parser of files that strangers may have made. */
export const targets: readonly Target[] = [
  ...weightTargets,
  ...modelTargets,
  ...pictureTargets,
  ...stateTargets,
];
