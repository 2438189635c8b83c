import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';

/**
 * Where downloaded weights are kept: `LATENT_MATTE_CACHE`, else the cache folder of the platform
 * (`$XDG_CACHE_HOME/latent-matte` or `~/.cache/latent-matte`; macOS `~/Library/Caches/latent-matte`; Windows
 * `%LOCALAPPDATA%\\latent-matte\\Cache`). Deleting it is always safe.
 */
export function weightCacheDirectory(): string {
  const { LATENT_MATTE_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (LATENT_MATTE_CACHE) return resolve(LATENT_MATTE_CACHE);
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'latent-matte');
  if (process.platform === 'win32') {
    return join(LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'), 'latent-matte', 'Cache');
  }
  // The XDG specification has relative paths ignored.
  const base =
    XDG_CACHE_HOME !== undefined && isAbsolute(XDG_CACHE_HOME)
      ? XDG_CACHE_HOME
      : join(homedir(), '.cache');
  return join(base, 'latent-matte');
}
