// `pnpm architecture [--check]`: reads the imports of all packages, draws them into docs/architecture.md (`--check`: says
// whether that is current), and fails on an import against the column or a circle.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { draw } from './architecture';
import { root } from './read-sources';

const { offences, files } = await draw();
const old: string[] = [];
for (const [path, text] of Object.entries(files)) {
  const there = await readFile(join(root, path), 'utf8').catch(() => '');
  if (there === text) continue;
  if (process.argv.includes('--check')) old.push(path);
  else await writeFile(join(root, path), text);
}
for (const path of old) console.log(`${path} is not current: run pnpm architecture`);
for (const offence of offences) console.log(offence);
if (offences.length > 0) console.log(`${offences.length} offences`);
else
  console.log('Every room imports from above or from its left only, and nothing goes in a circle.');
process.exitCode = offences.length + old.length === 0 ? 0 : 1;
