import { parseArgs } from 'node:util';
import { type NodeDevice, useNodeBackend } from '@latent-matte/backend-node';
import { SectionBench, timing } from './bench';
import type { Row } from './section';
import { sections } from './sections';

const usage = `pnpm bench [--json] [--only SECTION[,SECTION]] [--match TEXT] [--device DEVICE] [--cpu-time]
--cpu-time: the processor's time in place of the clock's, for a machine that is busy
sections: ${sections.map(({ name }) => name).join(', ')}`;

/** @returns the exit code */
export async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      json: { type: 'boolean', default: false },
      only: { type: 'string' },
      match: { type: 'string' },
      'cpu-time': { type: 'boolean', default: false },
      device: { type: 'string', default: 'wasm' },
      help: { type: 'boolean', default: false },
    },
  });
  timing.processor = values['cpu-time'];
  const wanted = values.only?.split(',');
  const unknown = wanted?.filter((name) => !sections.some((section) => section.name === name));
  if (values.help || (unknown !== undefined && unknown.length > 0)) {
    console.log(values.help ? usage : `There is no section ${unknown?.join(', ')}.\n${usage}`);
    return values.help ? 0 : 2;
  }
  const say = (line: string): void => {
    if (!values.json) console.log(line);
  };
  const backend = await useNodeBackend({ device: values.device as NodeDevice });
  say(backend.description);
  const rows: Row[] = [];
  let failed = false;
  for (const section of sections) {
    const asked = wanted?.includes(section.name) ?? section.onRequest !== true;
    if (!asked) continue;
    say(`\n${section.name}: ${section.title}`);
    const bench = new SectionBench(backend, section.name, (row) => say(format(row)), values.match);
    try {
      await section.run(bench);
    } catch (error) {
      failed = true;
      bench.skip('section', error instanceof Error ? (error.stack ?? error.message) : `${error}`);
    }
    rows.push(...bench.rows);
  }
  if (values.json) {
    const { device, description } = backend;
    console.log(JSON.stringify({ device, description, rows }, null, 2));
  }
  return failed ? 1 : 0;
}

function format(row: Row): string {
  const cells = [`  ${row.name.padEnd(52)}`];
  if (row.milliseconds !== undefined) cells.push(`${row.milliseconds.toFixed(1).padStart(8)} ms`);
  if (row.otherMilliseconds !== undefined) {
    cells.push(`${row.otherMilliseconds.toFixed(1).padStart(8)} ms`);
  }
  if (row.ratio !== undefined) cells.push(`${row.ratio.toFixed(2).padStart(6)}×`);
  if (row.value !== undefined) {
    cells.push(`${Number(row.value.toPrecision(4))} ${row.unit}`.padStart(12));
  }
  if (row.goal !== undefined && row.ratio !== undefined) {
    cells.push(row.ratio >= row.goal ? '' : `(goal ${Number(row.goal.toPrecision(3))}×)`);
  }
  if (row.note !== undefined) cells.push(row.note);
  return cells.join(' ').trimEnd();
}
