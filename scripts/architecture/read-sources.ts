import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** A file of the repository and what it imports, types too. Paths are relative to the root, with slashes. */
export interface Source {
  readonly path: string;
  /** Other files of the repository that it imports by relative path. */
  readonly files: readonly string[];
  /** Everything else: packages and their entries, as written. */
  readonly names: readonly string[];
}

const isCode = /(?<!\.d)\.(ts|mts|mjs|js)$/;
const skipped = new Set(['node_modules', 'dist', 'out', 'fixtures']);

/** The sources of all packages, and with them what stands around them: scripts, tests, examples. */
export function readSources(folders = ['packages', 'scripts', 'tests', 'examples']): Source[] {
  const paths: string[] = [];
  const walk = (folder: string): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      if (skipped.has(entry.name) || entry.name.startsWith('.')) continue;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) walk(path);
      else if (isCode.test(entry.name)) paths.push(path.split(sep).join('/'));
    }
  };
  for (const folder of folders) walk(folder);
  const known = new Set(paths);
  return paths.sort().map((path) => {
    const specifiers = importsOf(path, readFileSync(join(root, path), 'utf8'));
    return sourceOf(path, specifiers, known);
  });
}

export function sourceOf(
  path: string,
  specifiers: readonly string[],
  known: ReadonlySet<string>,
): Source {
  const [files, names] = [new Set<string>(), new Set<string>()];
  for (const specifier of specifiers) {
    if (!specifier.startsWith('.')) names.add(specifier);
    else files.add(fileOf(posix.join(posix.dirname(path), specifier), known));
  }
  return { path, files: [...files], names: [...names] };
}

/** The file that a relative import means; the path as it is where that is no source, such as a JSON file. */
function fileOf(path: string, known: ReadonlySet<string>): string {
  const stem = path.replace(/\.(m?)js$/, '.$1ts');
  const candidates = [path, stem, ...['.ts', '.mts', '.mjs', '/index.ts'].map((end) => path + end)];
  return candidates.find((candidate) => known.has(candidate)) ?? path;
}

/** Every module that a source names: imports, re-exports, `import()` in code and in types. */
export function importsOf(path: string, text: string): string[] {
  const found: string[] = [];
  const add = (node: ts.Node | undefined): void => {
    if (node && ts.isStringLiteralLike(node)) found.push(node.text);
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) add(node.moduleSpecifier);
    else if (ts.isExternalModuleReference(node)) add(node.expression);
    else if (ts.isImportTypeNode(node)) {
      if (ts.isLiteralTypeNode(node.argument)) add(node.argument.literal);
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node.arguments[0]);
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.Latest, false));
  return found;
}

/** The folder of every package by its name, from their package.json. */
export function readPackageNames(): ReadonlyMap<string, string> {
  const folders = readdirSync(join(root, 'packages'), { withFileTypes: true });
  const names = new Map<string, string>();
  for (const folder of folders.filter((entry) => entry.isDirectory())) {
    try {
      const text = readFileSync(join(root, 'packages', folder.name, 'package.json'), 'utf8');
      names.set((JSON.parse(text) as { name: string }).name, folder.name);
    } catch {
      // A folder that is left over from another branch: what git ignores in it stays.
    }
  }
  return names;
}
