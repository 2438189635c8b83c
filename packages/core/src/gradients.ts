/**
 * Registers the gradients of tfjs, corrected (see `installCorrections`). In Node `@tensorflow/tfjs-core` registers
 * none by itself, and this deep path does not resolve as ESM there; the Node build of this file therefore carries
 * it bundled. Kernel and gradient registries are global, so this works for every copy of tfjs-core in the process.
 */
// First: registering one gradient twice, as tfjs does, asks for a flag that this declares.
import '@tensorflow/tfjs-core';
// With its ending: webpack asks for it.
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import { installCorrections } from './ops/corrections/install-corrections';

installCorrections();

/** True once this module has been loaded; importing it for its side effect is what matters. */
export const gradientsRegistered = true;
