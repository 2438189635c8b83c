import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
// @ts-expect-error plain JavaScript: the job that calls it has built nothing else
import { isPublished, pendingChangesets, publishedPackages } from './prepare-release.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = join(root, '.github/workflows');
const workflows = readdirSync(folder).map(
  (file) => [file, readFileSync(join(folder, file), 'utf8')] as const,
);

/** The text of each job, by its name. */
function jobsOf(workflow: string): Map<string, string> {
  const [, jobs = ''] = workflow.split(/^jobs:\n/m);
  const parts = jobs.split(/^ {2}([a-z-]+):\n/m).slice(1);
  return new Map(
    Array.from({ length: parts.length / 2 }, (_, i) => [parts[2 * i]!, parts[2 * i + 1]!]),
  );
}

describe.each(workflows)('%s', (_file, text) => {
  it('pins every action by the hash of a commit, its version beside it', () => {
    const used = [...text.matchAll(/uses: (.*)/g)].map(([, action]) => action!);
    expect(used.length).toBeGreaterThan(0);
    for (const action of used)
      expect(action).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  it('lets nothing write but what a job asks for, and no such job installs or tests', () => {
    expect(text).toMatch(/^permissions: \{\}$/m);
    const jobs = jobsOf(text);
    expect(jobs.size).toBeGreaterThan(0);
    let installs = 0;
    for (const [name, job] of jobs) {
      const runsForeignCode = /with-workspace|npm (ci|i|install|test)\b|npx|\.ci\/run|pnpm/.test(
        job,
      );
      if (runsForeignCode) installs++;
      if (/: write/.test(job)) expect(runsForeignCode, name).toBe(false);
    }
    expect(installs).toBeGreaterThan(0);
  });

  it('keeps no credentials where foreign code runs', () => {
    for (const [name, job] of jobsOf(text)) {
      const keeps = job.includes('actions/checkout') && !/persist-credentials: false/.test(job);
      if (keeps) expect(job, name).not.toMatch(/with-workspace|\.ci\/run/);
    }
  });
});

describe('prepare-release', () => {
  it('names what is published, dependencies first', () => {
    const names: string[] = publishedPackages(join(root, 'packages')).map(
      ({ manifest }: { manifest: { name: string } }) => manifest.name,
    );
    expect(names).toContain('latent-matte');
    expect(names).not.toContain('@latent-matte/files');
    const place = (name: string) => names.indexOf(name);
    expect(place('@latent-matte/tfjs-core')).toBeLessThan(place('@latent-matte/backend-node'));
    expect(place('@latent-matte/core')).toBeLessThan(place('@latent-matte/models'));
    expect(place('@latent-matte/models')).toBeLessThan(place('@latent-matte/backend-node'));
    expect(place('@latent-matte/pairs')).toBeLessThan(place('latent-matte'));
  });

  it('asks the registry for the version, and stops where it does not answer', async () => {
    const server = createServer(({ url }, response) => {
      if (url === '/@a%2fb') response.end('{"versions":{"1.0.0":{}}}');
      else response.writeHead(url === '/none' ? 404 : 503).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const registry = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    try {
      expect(await isPublished({ name: '@a/b', version: '1.0.0' }, registry)).toBe(true);
      expect(await isPublished({ name: '@a/b', version: '1.0.1' }, registry)).toBe(false);
      expect(await isPublished({ name: 'none', version: '1.0.0' }, registry)).toBe(false);
      await expect(isPublished({ name: 'down', version: '1.0.0' }, registry)).rejects.toThrow(
        '503',
      );
    } finally {
      server.close();
    }
  });

  it('finds changesets that the tool can read, of packages that are published', () => {
    const names: string[] = publishedPackages(join(root, 'packages')).map(
      ({ manifest }: { manifest: { name: string } }) => manifest.name,
    );
    for (const file of pendingChangesets(join(root, '.changeset'))) {
      const text = readFileSync(join(root, '.changeset', file), 'utf8');
      const [, head = ''] =
        /^---\n((?:['"][^'"]+['"]: (?:patch|minor|major)\n)+)---\n\s*\S/.exec(text) ?? [];
      const named = [...head.matchAll(/['"]([^'"]+)['"]/g)].map(([, name]) => name);
      expect(named.length, file).toBeGreaterThan(0);
      for (const name of named) expect(names, file).toContain(name);
    }
  });

  it('counts changesets', () => {
    const place = mkdtempSync(join(tmpdir(), 'latent-matte-release-'));
    try {
      mkdirSync(place, { recursive: true });
      for (const file of ['README.md', 'config.json', 'new.md'])
        writeFileSync(join(place, file), '');
      expect(pendingChangesets(place)).toEqual(['new.md']);
    } finally {
      rmSync(place, { recursive: true });
    }
  });
});
