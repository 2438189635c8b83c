import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkArchitecture, isTest, roomOf } from './check';
import { drawInto, drawPicture } from './draw';
import { readPackageNames, readSources, root } from './read-sources';

const PAGE = 'docs/architecture.md';
const PICTURE = 'docs/images/architecture.svg';

/** The check, and the page and picture as they should be. */
export async function draw() {
  const sources = readSources();
  const { packages, rooms, offences } = checkArchitecture(sources, readPackageNames());
  const core = rooms.get('core') ?? new Map();
  const coreRooms = new Set(
    sources
      .filter(({ path }) => path.startsWith('packages/core/src/') && !isTest(path))
      .map(({ path }) => roomOf(path)),
  );
  const text = await readFile(join(root, PAGE), 'utf8');
  const page = drawInto(text, packages, core, new Set(rooms.keys()), coreRooms);
  return { offences, files: { [PAGE]: page, [PICTURE]: drawPicture(core, coreRooms) } };
}
