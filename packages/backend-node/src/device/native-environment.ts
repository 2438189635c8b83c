import { existsSync } from 'node:fs';

/** Linux tells of the caches of a processor here. */
const CACHES = '/sys/devices/system/cpu/cpu0/cache';

/**
 * What TensorFlow's library reads from the environment of the process when it loads; whoever has set a variable knows
 * better. A thread has a copy of the environment, so that whoever starts threads calls this before.
 *
 * Small virtual machines (Firecracker, as of AWS Lambda) tell nothing of the caches of their processor. oneDNN, with which
 * TensorFlow computes convolutions, divides by their sizes then: some convolutions, those of DeepLab among them, end the
 * process with SIGFPE. TensorFlow's own kernels do not, and a step took four fifths of the time with them there.
 */
export function setNativeEnvironment(
  cachesAreKnown = process.platform !== 'linux' || existsSync(CACHES),
): void {
  // The start-up is logged to stderr at levels 0 and 1.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  if (!cachesAreKnown) process.env.TF_ENABLE_ONEDNN_OPTS ??= '0';
}
