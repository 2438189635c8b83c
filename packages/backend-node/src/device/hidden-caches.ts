import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Where Linux says what a processor has. */
const PROCESSOR = '/sys/devices/system/cpu/cpu0';

/**
 * Whether this machine does not say which caches its processor has, as some virtual machines do.
 *
 * oneDNN, with which TensorFlow convolves, divides by their size: there a 1×1 convolution of a few pixels ends the process
 * with SIGFPE, which nothing can catch. `TF_ENABLE_ONEDNN_OPTS=0` makes TensorFlow do without.
 *
 * @param processor folder of a processor; where it is not there, as outside of Linux, nothing is known to be hidden
 */
export const hidesCaches = (processor: string = PROCESSOR): boolean =>
  existsSync(processor) && !existsSync(join(processor, 'cache'));
