import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';

const run = promisify(execFile);

interface Published {
  readonly manifest: { readonly name: string; readonly version: string };
  readonly bytes: Buffer;
}

/**
 * A registry of npm, on this machine, that has the given tarballs: packages that depend on one another by version find what is
 * not published yet. One version of each.
 */
export async function serveTarballs(
  tarballs: readonly string[],
): Promise<{ url: string; close(): Promise<void> }> {
  const published = new Map<string, Published>();
  for (const tarball of tarballs) {
    const { stdout } = await run('tar', ['-xzOf', tarball, 'package/package.json']);
    const manifest = JSON.parse(stdout);
    published.set(manifest.name, { manifest, bytes: await readFile(tarball) });
  }
  const server = createServer(({ url = '', headers }, response) => {
    const path = decodeURIComponent(url.slice(1));
    const name = path.replace(/\/-\/.*$/, '');
    const found = published.get(name);
    if (found === undefined) {
      response.writeHead(404, { 'content-type': 'application/json' }).end('{}');
    } else if (path !== name) {
      response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(found.bytes);
    } else {
      const { manifest, bytes } = found;
      const integrity = `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
      const tarball = `http://${headers.host}/${name}/-/package.tgz`;
      const versions = { [manifest.version]: { ...manifest, dist: { integrity, tarball } } };
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ name, 'dist-tags': { latest: manifest.version }, versions }));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
