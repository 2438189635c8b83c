// A plugin of esbuild for the builds of the packages: what a bundle contains of others is listed in
// dist/THIRD-PARTY-NOTICES.txt, with its licence. Licences ask for it, and bundlers leave it out.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';

/** Packages under the Apache License that come without its text; TypeScript's file is nothing else. */
const APACHE = join(
  dirname(createRequire(import.meta.url).resolve('typescript/package.json')),
  'LICENSE.txt',
);
const LICENSE = /^(licen[cs]e|copying|notice)(\.\w+)?$/i;

/**
 * @param {string} [file] of the notices, in the folder of the package
 * @returns {import('esbuild').Plugin} one for all builds of a package: what they find is joined
 */
export function thirdPartyNotices(file = 'dist/THIRD-PARTY-NOTICES.txt') {
  /** @type {Map<string, Bundled>} */
  const found = new Map();
  return {
    name: 'third-party-notices',
    setup(build) {
      build.initialOptions.metafile = true;
      build.onEnd(({ metafile }) => {
        const root = build.initialOptions.absWorkingDir ?? process.cwd();
        for (const output of Object.values(metafile?.outputs ?? {})) {
          for (const [input, { bytesInOutput }] of Object.entries(output.inputs)) {
            const folder = bytesInOutput > 0 ? packageOf(resolve(root, input)) : undefined;
            if (folder !== undefined && folder !== root)
              found.set(folder, found.get(folder) ?? describe(folder));
          }
        }
        if (found.size === 0) return;
        mkdirSync(dirname(resolve(root, file)), { recursive: true });
        writeFileSync(resolve(root, file), noticesOf([...found.values()]));
      });
    },
  };
}

/** The folder of the package in node_modules that a file belongs to. */
function packageOf(path) {
  if (!/[\\/]node_modules[\\/]/.test(path)) return undefined;
  for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder)) {
    const json = join(folder, 'package.json');
    // Folders of modules have one too, with a type and without a name.
    if (existsSync(json) && JSON.parse(readFileSync(json, 'utf8')).version) return folder;
  }
  return undefined;
}

/** @returns {import('./third-party-notices.mjs').Bundled} */
function describe(folder) {
  const json = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const home =
    json.homepage ?? json.repository?.url ?? `https://www.npmjs.com/package/${json.name}`;
  const texts = readdirSync(folder)
    .filter((name) => LICENSE.test(name))
    .sort()
    .map((name) => readFileSync(join(folder, name), 'utf8').trim());
  return { id: `${json.name} ${json.version}`, license: json.license ?? 'unknown', home, texts };
}

/**
 * @param {readonly Bundled[]} bundled
 * @throws Error a package without a text of its licence, which no other has either
 */
export function noticesOf(bundled) {
  const sorted = [...bundled].sort((a, b) => (a.id < b.id ? -1 : 1));
  /** Each text once, with those that are under it. */
  const texts = new Map();
  for (const each of sorted) {
    // TensorFlow.js comes without the text that it is under: another package under it has it.
    const own =
      each.texts.length > 0
        ? each.texts
        : (sorted.find((other) => other.license === each.license && other.texts.length > 0)
            ?.texts ?? [textOf(each)]);
    for (const text of own) texts.set(text, [...(texts.get(text) ?? []), each.id]);
  }
  return [
    'The files of this package contain software of others, unchanged:',
    sorted.map(({ id, license, home }) => `${id} (${license}) ${home}`).join('\n'),
    ...[...texts].map(([text, ids]) => `${'-'.repeat(79)}\n${ids.join(', ')}\n\n${text}`),
    '',
  ].join('\n\n');
}

function textOf({ id, license }) {
  if (license === 'Apache-2.0') return readFileSync(APACHE, 'utf8').trim();
  throw new Error(`${id} (${license}) has no text of its licence.`);
}
