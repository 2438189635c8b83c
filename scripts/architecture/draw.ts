import type { Arrows } from './check';
import { type Graph, withoutImplied } from './circles';
import { coreColumn, packageColumn, type Room } from './column';

const BEGIN = '<!-- pnpm architecture draws this -->';
const END = '<!-- until here -->';

type Column = readonly (readonly Room[])[];

const graphOf = (arrows: Arrows, column: Column): Graph =>
  new Map(
    column.flat().map(({ name }) => [name, new Set([...(arrows.get(name)?.keys() ?? [])].sort())]),
  );

/** Rooms with no sources yet are left out: they import nothing, and nothing imports them. */
const present = (column: Column, rooms: ReadonlySet<string>): Column =>
  column.map((row) => row.filter(({ name }) => rooms.has(name))).filter((row) => row.length > 0);

/** The text of docs/architecture.md with the tables between its markers drawn anew. */
export function drawInto(
  page: string,
  packages: Arrows,
  core: Arrows,
  packageRooms: ReadonlySet<string>,
  coreRooms: ReadonlySet<string>,
): string {
  const parts = [
    table('package', present(packageColumn, packageRooms), packages),
    table('room', present(coreColumn, coreRooms), core),
  ];
  const pieces = page.split(BEGIN);
  if (pieces.length !== parts.length + 1) {
    throw new Error(`docs/architecture.md needs ${parts.length} places that begin with ${BEGIN}`);
  }
  return pieces
    .map((piece, i) => {
      if (i === 0) return piece;
      const [, after] = piece.split(END);
      if (after === undefined) throw new Error(`docs/architecture.md: ${BEGIN} without ${END}`);
      return `${BEGIN}\n${parts[i - 1]}${END}${after}`;
    })
    .join('');
}

/** A column as a table: row, room, what it holds, and its arrows; those that a longer way implies are left out. */
function table(what: string, column: Column, arrows: Arrows): string {
  const graph = withoutImplied(graphOf(arrows, column));
  const lines = [`| | ${what} | holds | imports |`, '| --- | --- | --- | --- |'];
  column.forEach((row, y) => {
    row.forEach(({ name, holds }, x) => {
      const order = column.flat().map((other) => other.name);
      const targets = [...(graph.get(name) ?? [])].sort(
        (a, b) => order.indexOf(a) - order.indexOf(b),
      );
      const imports = targets.map((target) => `\`${target}\``).join(', ');
      lines.push(`| ${x === 0 ? y + 1 : ''} | \`${name}\` | ${holds} | ${imports} |`);
    });
  });
  return `${lines.join('\n')}\n`;
}

/** Width of a letter of the picture's font, a little too much. */
const LETTER = 7.4;
const BOX = 26;
const STEP = 74;
const GAP = 22;
const WIDTH = 860;

/**
 * The column of core as a picture: a row of boxes per row, an arrow from every room to those that it imports, without
 * the arrows that a longer way implies. An arrow against the column would be red.
 */
export function drawPicture(core: Arrows, rooms: ReadonlySet<string>): string {
  const column = present(coreColumn, rooms);
  const graph = withoutImplied(graphOf(core, column));
  const boxes = new Map<string, { x: number; y: number; width: number; row: number }>();
  column.forEach((row, r) => {
    const widths = row.map(({ name }) => name.length * LETTER + 18);
    const total = widths.reduce((a, b) => a + b, 0) + GAP * (row.length - 1);
    let x = (WIDTH - total) / 2;
    row.forEach(({ name }, i) => {
      boxes.set(name, { x, y: 12 + r * STEP, width: widths[i]!, row: r });
      x += widths[i]! + GAP;
    });
  });
  const lines: string[] = [];
  for (const [from, targets] of graph) {
    for (const to of targets) {
      const [a, b] = [boxes.get(from), boxes.get(to)];
      if (a && b) lines.push(arrow(a, b));
    }
  }
  const shapes = [...boxes].map(([name, { x, y, width }]) =>
    [
      `<rect x="${round(x)}" y="${y}" width="${round(width)}" height="${BOX}" rx="5"/>`,
      `<text x="${round(x + width / 2)}" y="${y + 17}">${name}</text>`,
    ].join(''),
  );
  const height = 24 + (column.length - 1) * STEP + BOX;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Rooms of core">`,
    '<style>rect{fill:#fff;stroke:#57606a}text{font:13px ui-monospace,monospace;text-anchor:middle;fill:#1f2328}',
    'path{fill:none;stroke:#0969da;stroke-opacity:.65;marker-end:url(#tip)}path.up{stroke:#cf222e}</style>',
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">',
    '<path d="M0 0L8 4L0 8z" style="fill:#0969da;stroke:none;marker-end:none"/></marker></defs>',
    `<rect width="${WIDTH}" height="${height}" style="stroke:none"/>`,
    ...lines,
    ...shapes,
    '</svg>',
    '',
  ].join('\n');
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly row: number;
}

/** From the top of a box to the bottom of one above it; beside each other, from side to side. */
function arrow(from: Box, to: Box): string {
  const [x, u] = [from.x + from.width / 2, to.x + to.width / 2];
  if (from.row === to.row) {
    const [start, end] = from.x > to.x ? [from.x, to.x + to.width] : [from.x + from.width, to.x];
    const near = Math.abs(start - end) <= GAP + 1;
    const side = `M${round(start)} ${from.y + BOX / 2}L${round(end)} ${to.y + BOX / 2}`;
    const below = from.y + BOX + 20;
    const around = `M${round(x)} ${from.y + BOX}C${round(x)} ${below} ${round(u)} ${below} ${round(u)} ${to.y + BOX}`;
    return `<path${from.x < to.x ? ' class="up"' : ''} d="${near ? side : around}"/>`;
  }
  const up = to.row > from.row;
  const [start, end] = up ? [from.y + BOX, to.y] : [from.y, to.y + BOX];
  const bend = up ? 30 : -30;
  const way = `C${round(x)} ${start + bend} ${round(u)} ${end - bend} ${round(u)} ${end}`;
  return `<path${up ? ' class="up"' : ''} d="M${round(x)} ${start}${way}"/>`;
}

const round = (value: number): number => Math.round(value * 10) / 10;
