import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { type Activation, briefly, isRefusal, type Refusal } from './activation';

/** The GPU build first: who installed it wants it. */
const packages = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'];

const require = createRequire(import.meta.url);

/**
 * Loads tfjs-node(-gpu) and makes it tfjs's backend. Looked for beside this package, from the working
 * directory, and in the directory named by LATENT_MATTE_TFJS_NODE (the package itself, or a folder with
 * `node_modules`).
 */
export async function activateNative(): Promise<Activation | Refusal> {
  const refusals: Refusal[] = [];
  const unbuilt = new Set<string>();
  for (const folder of candidates()) {
    if (findBinding(folder) === undefined) {
      unbuilt.add(manifest(folder).name);
      continue;
    }
    const outcome = await load(folder);
    if (!isRefusal(outcome)) return outcome;
    refusals.push(outcome);
  }
  if (unbuilt.size > 0) {
    refusals.push({
      refused: `${[...unbuilt].join(' and ')} installed without native binding (the install script did not run; with pnpm: \`pnpm approve-builds\`)`,
    });
  }
  if (refusals.length === 0) return { refused: '@tensorflow/tfjs-node is not installed' };
  return {
    refused: refusals.map((refusal) => refusal.refused).join('; '),
    cause: refusals.find((refusal) => refusal.cause !== undefined)?.cause,
  };
}

async function load(folder: string): Promise<Activation | Refusal> {
  restoreRemovedUtilities();
  // TensorFlow's C++ side logs its start-up to stderr at level 0 and 1.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  try {
    require(folder);
    if (!(await tf.setBackend('tensorflow'))) {
      return { refused: `${folder} loads, but its backend does not start` };
    }
  } catch (cause) {
    return { refused: `${folder} does not load (${briefly(cause)})`, cause };
  }
  const { name, version } = manifest(folder);
  const gpu = (tf.backend() as { isUsingGpuDevice?: boolean }).isUsingGpuDevice === true;
  return {
    backend: 'tensorflow',
    detail: `${name.replace('@tensorflow/', '')} ${version} on ${gpu ? 'GPU' : 'CPU'}`,
    maxPixels: Number.POSITIVE_INFINITY,
  };
}

/** Package folders to try, each once, in order of preference. */
function candidates(): string[] {
  const folders = new Set<string>();
  const add = (from: string): void => {
    for (const name of packages) {
      try {
        folders.add(dirname(createRequire(from).resolve(`${name}/package.json`)));
      } catch {
        // Not installed there: the next place may have it, and the caller reports when none has.
      }
    }
  };
  add(import.meta.url);
  add(pathToFileURL(join(process.cwd(), 'index.js')).href);
  const named = process.env.LATENT_MATTE_TFJS_NODE;
  if (named !== undefined && named !== '') {
    const folder = resolve(named);
    if (existsSync(join(folder, 'package.json')) && packages.includes(manifest(folder).name)) {
      folders.add(folder);
    } else {
      add(pathToFileURL(join(folder, 'index.js')).href);
    }
  }
  return [...folders];
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

function manifest(folder: string): { name: string; version: string } {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}

/**
 * tfjs-node 4.22 calls two functions that Node 23 removed from `util`. Same definitions as Node's own; nothing
 * happens where they still exist.
 */
function restoreRemovedUtilities(): void {
  const util: Record<string, unknown> = require('node:util');
  util.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  util.isArray ??= Array.isArray;
}
