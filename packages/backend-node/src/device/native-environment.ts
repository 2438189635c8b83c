import { hidesCaches } from './hidden-caches';

/**
 * Sets what TensorFlow's library reads from the environment of the process when it loads; whoever has set a variable knows
 * better. A thread has a copy of the environment, so that whoever starts threads calls this before.
 *
 * Without oneDNN, where caches are hidden, a step took four fifths of the time (one machine, two pairs of runs).
 */
export function setNativeEnvironment(cachesAreHidden = hidesCaches()): void {
  // To stderr it logs its start-up, optimisations that it tries and leaves, and each GPU that it does not find. What fails is
  // thrown besides.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '3';
  if (cachesAreHidden) process.env.TF_ENABLE_ONEDNN_OPTS ??= '0';
}
