/**
 * Every parser against damaged files: each is to read a file, or to say by an error with a code what is wrong with it,
 * within seconds and some memory.
 *
 *     pnpm fuzz [--seconds 60] [--target NAME] [--seed 1] [--keep]
 *
 * The seconds are those of a processor, and shared by the targets: what is read does not hang on what else runs. The
 * inputs follow from seed, target and number alone. What is found is printed with the command that makes it again; `--keep` also puts the file into scripts/fuzz/finds, where a test reads it from then on.
 * Exit code 1 when something was found.
 */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { attack, inputOf, targetOf } from './attack';
import { targets } from './targets';
import { type Find, watch } from './watch';

export { attack };

const FINDS = join('scripts', 'fuzz', 'finds');
/** More of one kind are not shown. */
const SHOWN = 3;

export async function main(args: string[]): Promise<number> {
  const parsed = given(args);
  if (typeof parsed === 'string') {
    console.error(
      `${parsed}\npnpm fuzz [--seconds 60] [--target NAME] [--seed 1] [--first 0] [--keep]`,
    );
    return 2;
  }
  const { values } = parsed;
  const seconds = Number(values.seconds);
  const [seed, first] = [Number(values.seed), Number(values.first)];
  if (!(seconds > 0) || !Number.isSafeInteger(seed) || !Number.isSafeInteger(first)) {
    console.error('--seconds is a number > 0, --seed and --first are whole numbers.');
    return 2;
  }
  const known = targets.map(({ name }) => name);
  if (values.target !== undefined && !known.includes(values.target)) {
    console.error(`There is no target "${values.target}". There are: ${known.join(', ')}.`);
    return 2;
  }
  const names = values.target === undefined ? known : [values.target];
  let found = 0;
  for (const name of names) {
    const { finds, read } = await watch(import.meta.url, name, seed, seconds / names.length, first);
    const kinds = byKind(finds);
    console.log(`${name.padEnd(18)} ${String(read).padStart(7)} read, ${finds.length} found`);
    for (const [kind, same] of kinds) {
      const { at, what } = same[0]!;
      console.log(`  ${what.split('\n').slice(0, 4).join('\n    ')}`);
      const others = same.length > 1 ? `; ${same.length - 1} more like it` : '';
      console.log(
        `  pnpm fuzz --target ${name} --seed ${seed} --first ${at} --seconds 10${others}`,
      );
      if (values.keep) await keep(name, seed, same.slice(0, SHOWN), kind);
    }
    found += finds.length;
  }
  return found > 0 ? 1 : 0;
}

/** The options, or what is wrong with them. */
function given(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        seconds: { type: 'string', default: '60' },
        target: { type: 'string' },
        seed: { type: 'string', default: '1' },
        first: { type: 'string', default: '0' },
        keep: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** By the first line and the first place in these sources. */
function byKind(finds: readonly Find[]): Map<string, Find[]> {
  const kinds = new Map<string, Find[]>();
  for (const find of finds) {
    const lines = find.what.split('\n');
    const place = lines.find((line) => line.includes('/src/'))?.replace(/:\d+\)?$/, '') ?? '';
    const kind = `${lines[0]!.replace(/\d+/g, '0').slice(0, 80)} ${place}`;
    kinds.set(kind, [...(kinds.get(kind) ?? []), find]);
  }
  return kinds;
}

async function keep(
  name: string,
  seed: number,
  finds: readonly Find[],
  kind: string,
): Promise<void> {
  const corpus = await targetOf(name).corpus();
  for (const { at } of finds) {
    const bytes = inputOf(corpus, name, seed, at);
    const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 12);
    writeFileSync(join(FINDS, `${name}.${hash}.bin`), bytes);
    console.log(`  kept as ${name}.${hash}.bin: ${kind}`);
  }
}
