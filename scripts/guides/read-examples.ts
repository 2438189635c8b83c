import { join, relative } from 'node:path';
import ts from 'typescript';
import { type CodeBlock, codeBlocks, root } from './read-guides';

/** A function that an entry exports, and the examples of its comment. */
export interface DocumentedFunction {
  readonly name: string;
  /** The entry, as it was asked for. */
  readonly entry: string;
  /** Relative to the root. */
  readonly source: string;
  readonly examples: readonly CodeBlock[];
}

/** Every function that entries export, wherever it is declared. @param entries paths from the root */
export function functionsOf(entries: readonly string[]): DocumentedFunction[] {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [] }, ts.sys, root);
  const paths = entries.map((entry) => join(root, entry));
  const program = ts.createProgram(paths, { ...options, noEmit: true });
  return entries.flatMap((entry) => functionsIn(program, entry));
}

function functionsIn(program: ts.Program, entry: string): DocumentedFunction[] {
  const checker = program.getTypeChecker();
  const module = checker.getSymbolAtLocation(program.getSourceFile(join(root, entry))!)!;
  return checker.getExportsOfModule(module).flatMap((exported) => {
    const symbol =
      exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
    const declaration = symbol.valueDeclaration;
    if (declaration === undefined) return [];
    const isFunction =
      checker.getTypeOfSymbolAtLocation(symbol, declaration).getCallSignatures().length > 0;
    if (!isFunction) return [];
    const text = (symbol.declarations ?? []).map(commentOf).join('\n');
    const source = relative(root, declaration.getSourceFile().fileName);
    // A name of its own for each, so that no example borrows what another declares; the folder says which backend.
    const page = `${entry.split('/')[1]}: ${exported.name} of ${source}`;
    return [{ name: exported.name, entry, source, examples: codeBlocks({ path: page, text }) }];
  });
}

/** The text of the comment before a declaration, without its stars. */
function commentOf(declaration: ts.Declaration): string {
  const owner = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
  const text = owner.getSourceFile().text;
  const last = ts.getLeadingCommentRanges(text, owner.getFullStart())?.at(-1);
  if (last === undefined) return '';
  return text
    .slice(last.pos + 3, last.end - 2)
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, ''))
    .join('\n');
}
