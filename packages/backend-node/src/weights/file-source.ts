import { open } from 'node:fs/promises';
import { WeightsError } from '@latent-matte/core';
import type { ByteSource } from '@latent-matte/core/checkpoints';

/** A file that is read in parts. Close it when done. */
export interface FileSource extends ByteSource {
  close(): Promise<void>;
}

/**
 * Opens a file for `openCheckpoint`, which reads only the parts it needs:
 *
 *     const source = await openFileSource('stylegan2-ffhq-config-f.pt');
 *     try {
 *       const checkpoint = await openCheckpoint(source, { select: (name) => name.startsWith('g_ema/') });
 *     } finally {
 *       await source.close();
 *     }
 *
 * @throws WeightsError missing, a folder, or unreadable
 */
export async function openFileSource(path: string): Promise<FileSource> {
  const failed = (cause: unknown): WeightsError => {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    const reason = cause instanceof Error ? cause.message : String(cause);
    return new WeightsError(
      missing ? `There is no file ${path}.` : `${path} cannot be read (${reason}).`,
      missing ? 'Check the path.' : 'Check the path and its permissions.',
      { cause },
    );
  };
  const file = await open(path, 'r').catch((cause: unknown) => {
    throw failed(cause);
  });
  try {
    const entry = await file.stat();
    if (!entry.isFile()) {
      throw new WeightsError(`${path} is not a file.`, 'Give the path of a file.');
    }
    return {
      size: entry.size,
      async read(offset, length) {
        const bytes = new Uint8Array(length);
        let filled = 0;
        while (filled < length) {
          const { bytesRead } = await file
            .read(bytes, filled, length - filled, offset + filled)
            .catch((cause: unknown) => {
              throw failed(cause);
            });
          // The file shrank; the caller sees that bytes are missing.
          if (bytesRead === 0) break;
          filled += bytesRead;
        }
        return bytes.subarray(0, filled);
      },
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}
