import { readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import ts from 'typescript';

/** An entry of a package that is published: what its users can import. */
export interface ApiEntry {
  /** `@latent-matte/core/options`. */
  readonly name: string;
  /** The built declarations. */
  readonly types: string;
}

/** Every typed entry of a package, in the order of its `exports`. */
export function entriesOf(folder: string): ApiEntry[] {
  const { name, exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    name: string;
    exports: Record<string, string | { types?: string }>;
  };
  return Object.entries(exports).flatMap(([entry, target]) =>
    typeof target === 'object' && target.types !== undefined
      ? [{ name: join(name, entry), types: join(folder, target.types) }]
      : [],
  );
}

/**
 * What an entry exports, signatures and all: a text to compare with an earlier one. Sorted by name; comments, private
 * members and bodies are left out. What it hands on from another package is the other's: a line names it.
 */
export function apiReports(entries: readonly ApiEntry[]): Map<string, string> {
  const program = ts.createProgram({
    rootNames: entries.map(({ types }) => types),
    options: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      skipLibCheck: true,
      types: [],
      noEmit: true,
    },
  });
  const checker = program.getTypeChecker();
  return new Map(entries.map((entry) => [entry.name, reportOf(entry, program, checker)]));
}

function reportOf({ name, types }: ApiEntry, program: ts.Program, checker: ts.TypeChecker): string {
  const source = program.getSourceFile(types);
  const module = source && checker.getSymbolAtLocation(source);
  if (source === undefined || module === undefined) {
    throw new Error(`${types} has no exports: build the packages first.`);
  }
  const own = checker
    .getExportsOfModule(module)
    .map((symbol) => ({ symbol, text: declarationOf(symbol, types, checker) }))
    .filter((entry): entry is { symbol: ts.Symbol; text: string } => entry.text !== undefined)
    .sort((a, b) => compare(a.symbol.name, b.symbol.name));
  return [
    `// ${name}: ${own.length} names of its own`,
    ...handedOn(source),
    ...own.map(({ text }) => text),
    '',
  ].join('\n');
}

/** A line for each name of another package, and for each package that is handed on as a whole. */
function handedOn(source: ts.SourceFile): string[] {
  return source.statements
    .filter(ts.isExportDeclaration)
    .flatMap(({ moduleSpecifier, exportClause, isTypeOnly }) => {
      if (moduleSpecifier === undefined) return [];
      const { text } = moduleSpecifier as ts.StringLiteral;
      if (text.startsWith('.')) return [];
      if (exportClause === undefined) return [`export * from '${text}';`];
      if (ts.isNamespaceExport(exportClause)) {
        return [`export * as ${exportClause.name.text} from '${text}';`];
      }
      return exportClause.elements.map((element) => {
        const kind = isTypeOnly || element.isTypeOnly ? 'type ' : '';
        const from = element.propertyName ? `${element.propertyName.text} as ` : '';
        return `export { ${kind}${from}${element.name.text} } from '${text}';`;
      });
    })
    .sort(compare);
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const printer = ts.createPrinter({ removeComments: true, newLine: ts.NewLineKind.LineFeed });

/** The declarations of an export under its public name; undefined for those of other packages. */
function declarationOf(
  exported: ts.Symbol,
  types: string,
  checker: ts.TypeChecker,
): string | undefined {
  const symbol =
    exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
  const dist = types.slice(0, types.lastIndexOf(`${sep}dist${sep}`) + 6);
  const declarations = (symbol.declarations ?? []).filter((node) =>
    node.getSourceFile().fileName.startsWith(dist),
  );
  if (declarations.length === 0) return undefined;
  return declarations.map((node) => printed(node, exported.name)).join('\n');
}

function printed(node: ts.Declaration, name: string): string {
  const source = node.getSourceFile();
  const print = (part: ts.Node) => printer.printNode(ts.EmitHint.Unspecified, part, source);
  if (ts.isVariableDeclaration(node)) {
    return `const ${name}${node.type === undefined ? '' : `: ${print(node.type)}`};`;
  }
  const shown = ts.isClassDeclaration(node) ? withoutPrivate(node) : node;
  const text = print(shown).replace(/^(export |declare |default )+/, '');
  // A bundler may call it otherwise inside.
  const inner = (node as ts.NamedDeclaration).name;
  if (inner === undefined || !ts.isIdentifier(inner) || inner.text === name) return text;
  return text.replace(new RegExp(`\\b${inner.text.replaceAll('$', '\\$')}(?![\\w$])`), name);
}

function withoutPrivate(node: ts.ClassDeclaration): ts.ClassDeclaration {
  const members = node.members.filter(
    (member) =>
      !(member.name !== undefined && ts.isPrivateIdentifier(member.name)) &&
      !(ts.getCombinedModifierFlags(member) & ts.ModifierFlags.Private),
  );
  return ts.factory.updateClassDeclaration(
    node,
    node.modifiers,
    node.name,
    node.typeParameters,
    node.heritageClauses,
    members,
  );
}
