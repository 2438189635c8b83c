import { randomBytes } from 'node:crypto';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';

/**
 * Where models the user added are kept: `LATENT_MATTE_MODELS`, else `models` in the data folder of the platform
 * (`$XDG_DATA_HOME/latent-matte` or `~/.local/share/latent-matte`; macOS `~/Library/Application
 * Support/latent-matte`; Windows `%LOCALAPPDATA%\\latent-matte`).
 */
export function modelsDirectory(): string {
  const { LATENT_MATTE_MODELS, XDG_DATA_HOME, LOCALAPPDATA } = process.env;
  if (LATENT_MATTE_MODELS) return resolve(LATENT_MATTE_MODELS);
  const home = homedir();
  if (process.platform === 'darwin') {
    return join(home, 'Library', 'Application Support', 'latent-matte', 'models');
  }
  if (process.platform === 'win32') {
    return join(LOCALAPPDATA ?? join(home, 'AppData', 'Local'), 'latent-matte', 'models');
  }
  const base =
    XDG_DATA_HOME !== undefined && isAbsolute(XDG_DATA_HOME)
      ? XDG_DATA_HOME
      : join(home, '.local', 'share');
  return join(base, 'latent-matte', 'models');
}

// One description per model, and its weights, so that two programs can add models at the same time:
//
//   ID.json          { network, license, size, sha256 }; written last, removed first
//   ID.safetensors   the weights; or
//   ID/              the files of another program, listed in ID.json with how they are run
//   ID+0a1b2c3d/     either of them, of a model that took the place of another: ID.json names the folder, so that the
//                    one moment in which it is replaced is the one in which the other model becomes this one

/** Names of files on every platform. */
export const MODEL_ID = /^[a-z0-9][a-z0-9._-]{0,63}$/;

export const entryPath = (id: string): string => join(modelsDirectory(), `${id}.json`);
export const checkpointName = (id: string): string => `${id}.safetensors`;
export const checkpointPath = (id: string): string => join(modelsDirectory(), checkpointName(id));
export const filesPath = (id: string): string => join(modelsDirectory(), id);

/** A folder for what replaces a model; no id has a plus in it. */
export const freshVersion = (id: string): string => `${id}+${randomBytes(4).toString('hex')}`;
export const versionPath = (version: string): string => join(modelsDirectory(), version);

/** The id of the model that a folder is a version of. */
export const idOfVersion = (name: string): string | undefined =>
  /^(.+)\+[0-9a-f]{8}$/.exec(name)?.[1];
