import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import {
  type Activation,
  briefly,
  type DeviceFailure,
  isRefusal,
  type Refusal,
} from '@latent-matte/core/backend';
import * as tf from '@tensorflow/tfjs-core';
import { findPackage, manifestOf } from '../files/find-package';
import { deviceFailed } from './device-failed';
import { hidesCaches } from './hidden-caches';
import { limitsFor, processMemory } from './memory-limits';

const require = createRequire(import.meta.url);

/** The package that is loaded into this process: a second one would fight for the name `tensorflow`. */
let loadedFolder: string | undefined;

/**
 * Loads tfjs-node, or tfjs-node-gpu for `cuda`, and makes it tfjs's backend. LATENT_MATTE_TFJS_NODE names a folder
 * to look in too.
 */
export async function activateNative(device: 'native' | 'cuda'): Promise<Activation | Refusal> {
  const name = device === 'cuda' ? '@tensorflow/tfjs-node-gpu' : '@tensorflow/tfjs-node';
  const refusals: Refusal[] = [];
  let unbuilt = false;
  for (const folder of findPackage(name, process.env.LATENT_MATTE_TFJS_NODE)) {
    if (findBinding(folder) === undefined) {
      unbuilt = true;
      continue;
    }
    const outcome = await load(folder, device);
    if (!isRefusal(outcome)) return outcome;
    refusals.push(outcome);
  }
  if (unbuilt) {
    refusals.push({
      refused: `${name} is installed without its native binding: the install script did not run`,
      remedy: `Run \`npm rebuild ${name}\`; with pnpm: \`pnpm approve-builds\`, then \`pnpm rebuild ${name}\`.`,
    });
  }
  if (refusals.length === 0) return { refused: `${name} is not installed` };
  return {
    refused: refusals.map((refusal) => refusal.refused).join('; '),
    remedy: refusals.find((refusal) => refusal.remedy !== undefined)?.remedy,
    cause: refusals.find((refusal) => refusal.cause !== undefined)?.cause,
  };
}

async function load(folder: string, device: 'native' | 'cuda'): Promise<Activation | Refusal> {
  const real = realpathSync(folder);
  if (loadedFolder !== undefined && loadedFolder !== real) {
    return {
      refused: `this process already computes with ${loadedFolder}`,
      remedy: 'Use one of them per process.',
    };
  }
  restoreRemovedUtilities();
  // TensorFlow's C++ side logs its start-up to stderr at level 0 and 1.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  if (hidesCaches()) process.env.TF_ENABLE_ONEDNN_OPTS ??= '0';
  try {
    require(folder);
    loadedFolder = real;
    if (!(await tf.setBackend('tensorflow'))) {
      return { refused: `${folder} loads, but its backend does not start` };
    }
  } catch (cause) {
    return { refused: `${folder} does not load (${briefly(cause)})`, cause };
  }
  const { name, version } = manifestOf(folder);
  const backend = tf.backend() as { isUsingGpuDevice?: boolean };
  const gpu = backend.isUsingGpuDevice === true;
  if (device === 'cuda' && !gpu) {
    return {
      refused: `${name} ${version} loads, but finds no GPU it can use`,
      remedy:
        'Install the NVIDIA driver with CUDA 11.2 and cuDNN 8.1 on the library path, or use the device "webgpu".',
    };
  }
  return {
    backend: 'tensorflow',
    version,
    detail: `${name.replace('@tensorflow/', '')} ${version} on ${gpu ? 'GPU' : 'CPU'}`,
    limits: limitsFor(processMemory()),
    explain: async (error) => outOfMemory(device, error),
  };
}

/** TensorFlow names what ran out in its message. */
function outOfMemory(device: string, error: unknown): DeviceFailure | undefined {
  if (!/\bOOM\b|out of memory|RESOURCE_EXHAUSTED|failed to allocate/i.test(briefly(error)))
    return undefined;
  return deviceFailed(
    device,
    `its memory is full (${briefly(error)})`,
    'Use a smaller workingSize or a smaller picture.',
  );
}

/**
 * Looks for the compiled binding before the package is required: requiring it without one first registers
 * several tfjs backends, then throws.
 */
function findBinding(folder: string): string | undefined {
  const lib = join(folder, 'lib');
  if (!existsSync(lib)) return undefined;
  return readdirSync(lib)
    .map((version) => join(lib, version, 'tfjs_binding.node'))
    .find((path) => existsSync(path));
}

/**
 * tfjs-node 4.22 calls two functions that Node 22 warns about and Node 23 removed from `util`. Same definitions as
 * Node's own.
 */
function restoreRemovedUtilities(): void {
  const util: Record<string, unknown> = require('node:util');
  util.isNullOrUndefined = (value: unknown) => value === null || value === undefined;
  util.isArray = Array.isArray;
}
