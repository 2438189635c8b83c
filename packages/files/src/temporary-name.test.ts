import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { removeLeftovers, temporaryFile, temporaryFolder } from './temporary-name';
import { assertWritable, writeFileAtomic } from './write-file-atomic';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latent-matte-leftovers-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** The id of a process that has ended. */
const ended = (): string =>
  execFileSync(process.execPath, ['-p', 'process.pid'], { encoding: 'utf8' }).trim();

/** As another process would have named it. */
const of = (pid: string, path: string): string =>
  path.replace(new RegExp(`([.-])${process.pid}([.-])`), `$1${pid}$2`);

it('What a killed process left goes when the next one writes there; nothing else does', async () => {
  const pid = ended();
  const target = join(folder, 'net.safetensors');
  const own = temporaryFile(target);
  const foreign = of(pid, temporaryFile(target)).replace(/\.[0-9a-f]{8}/, '.ffffffff');
  await writeFile(of(pid, own), 'half');
  await writeFile(
    join(folder, `.net.safetensors.${pid}.0a1b2c3d.tmp`),
    'half, of an earlier version',
  );
  await mkdir(of(pid, temporaryFolder(join(folder, 'photo'))));
  const kept = [own, foreign, join(folder, '.a.tmp'), join(folder, '.env'), join(folder, 'b.tmp')];
  for (const path of kept) await writeFile(path, 'precious');
  await writeFileAtomic(target, 'whole');
  expect(await readdir(folder)).toEqual(
    [...kept.map((path) => basename(path)), 'net.safetensors'].sort(),
  );
});

it('A result that was moved away for one that never came goes back to its name', async () => {
  const pid = ended();
  const older = (name: string) => `${of(pid, temporaryFolder(join(folder, name)))}.old`;
  for (const name of ['lost', 'replaced']) {
    const path = older(name);
    await mkdir(path);
    await writeFile(join(path, 'portrait.png'), 'earlier');
  }
  await mkdir(join(folder, 'replaced'));
  await removeLeftovers(folder);
  expect(await readdir(folder)).toEqual(['lost', 'replaced']);
  expect(await readdir(join(folder, 'lost'))).toEqual(['portrait.png']);
  expect(await readdir(join(folder, 'replaced'))).toEqual([]);
});

it('Names that tell no living process are left for a while', async () => {
  const earlier = join(folder, '.photo.partial-0a1b2c3d');
  const foreign = temporaryFile(join(folder, 'x')).replace(
    /\.[0-9a-f]{16}\./,
    `.${'f'.repeat(16)}.`,
  );
  await mkdir(earlier);
  await writeFile(foreign, 'of another machine');
  await removeLeftovers(folder);
  expect(await readdir(folder)).toHaveLength(2);
  const yesterday = Date.now() / 1000 - 25 * 3600;
  for (const path of [earlier, foreign]) await utimes(path, yesterday, yesterday);
  await removeLeftovers(folder);
  expect(await readdir(folder)).toEqual([]);
});

it('A process of a container that has the id of the one before it cleans up too', async () => {
  const own = temporaryFile(join(folder, 'x'));
  await writeFile(own, 'half');
  await removeLeftovers(folder);
  expect(await readdir(folder)).toHaveLength(1);
  const before = Date.now() / 1000 - process.uptime() - 5;
  await utimes(own, before, before);
  await removeLeftovers(folder);
  expect(await readdir(folder)).toEqual([]);
});

it('An output place is tried before the work, and left as it was', async () => {
  await assertWritable(join(folder, 'x.png'));
  expect(await readdir(folder)).toEqual([]);
  await expect(assertWritable(folder)).rejects.toMatchObject({ code: 'OUTPUT' });
  await expect(assertWritable(join(folder, 'none', 'x'))).rejects.toThrow('does not exist');
});
