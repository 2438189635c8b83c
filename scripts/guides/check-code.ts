import { join } from 'node:path';
import ts from 'typescript';
import { type CodeBlock, root } from './read-guides';

/** What the guides take for granted: the reader's own photo, network and page. */
const assumed = `
declare const photo: import('@latent-matte/core').RasterImage;
declare const photos: import('@latent-matte/core').RasterImage[];
declare const alpha: import('@latent-matte/core').FloatImage;
declare const truth: import('@latent-matte/core').FloatImage;
declare const trimap: import('@latent-matte/core').FloatImage;
declare const pairs: import('@latent-matte/core/fine-tune').TrainingPair[];
declare const real: import('@latent-matte/core/fine-tune').TrainingPair[];
declare const validation: import('@latent-matte/core/fine-tune').TrainingPair[];
declare const samples: import('@latent-matte/core/evaluate').EvaluationSample[];
declare const signal: AbortSignal;
declare const onProgress: () => void;
declare const MyModel: new () => import('@latent-matte/core').MattingModel;
declare function loadMyNetwork(): Promise<any>;
declare function show(...values: unknown[]): void;
declare function use(value: unknown): void;
declare function askForAnotherPhoto(): void;
declare const input: HTMLInputElement;
declare const fileInput: HTMLInputElement;
declare const bar: HTMLProgressElement;
declare const image: HTMLImageElement;
declare const left: HTMLImageElement;
declare const right: HTMLImageElement;
declare const matte: HTMLImageElement & import('@latent-matte/core').FloatImage;
declare const link: HTMLAnchorElement;
`;

const CANNOT_FIND_NAME = new Set([2304, 2503, 2552, 18004]);

/** What a program in JavaScript is not told: possibly null, possibly undefined, implicitly any. */
const STRICT_ONLY = new Set([
  2322, 2345, 2531, 2532, 7005, 7006, 7031, 7034, 18046, 18047, 18048, 18049,
]);
const isNullComplaint = (message: string): boolean =>
  /null|undefined|implicit|'unknown'/.test(message);

/** Rounds in which names that a block lacks are added: what is added may lack names itself. */
const ROUNDS = 3;

/**
 * Type errors of code blocks against the sources of this repository, each as `page:line: message`. A block may use what
 * an earlier block of its page declares or imports, and any export of the SDK: as a reader would understand it.
 * Blocks in JavaScript are spared null checks and implicit types.
 */
export function codeErrors(blocks: readonly CodeBlock[]): string[] {
  const folder = join(root, 'scripts/guides/checked');
  const files = new Map([[join(folder, 'assumed.d.ts'), assumed]]);
  const added = new Map<CodeBlock, string>(blocks.map((block) => [block, '']));
  const fileOf = (block: CodeBlock): string =>
    join(folder, `${block.page.replace(/\W+/g, '-')}-${block.line}.ts`);

  const compile = compiler(files);
  for (let round = 0; ; round++) {
    for (const block of blocks) {
      files.set(fileOf(block), `${added.get(block)}${block.code}\nexport {};\n`);
    }
    const program = compile();
    const found = blocks.map((block) => {
      const source = program.getSourceFile(fileOf(block))!;
      const diagnostics = [
        ...program.getSyntacticDiagnostics(source),
        ...program.getSemanticDiagnostics(source),
      ];
      return { block, source, diagnostics };
    });
    let lacking = 0;
    for (const { block, source, diagnostics } of found) {
      const missing = diagnostics
        .filter(({ code }) => CANNOT_FIND_NAME.has(code))
        .map(({ start, length }) => source.text.slice(start!, start! + length!));
      lacking += missing.length;
      added.set(block, provided(block, new Set(missing), blocks) + added.get(block));
    }
    if (lacking > 0 && round < ROUNDS) continue;
    return found.flatMap(({ block, source, diagnostics }) =>
      diagnostics.flatMap(({ code, messageText, start }) => {
        const message = ts.flattenDiagnosticMessageText(messageText, '\n');
        const spared = block.language === 'js' && STRICT_ONLY.has(code) && isNullComplaint(message);
        if (spared) return [];
        const { line } = source.getLineAndCharacterOfPosition(start!);
        const before = added.get(block)!.split('\n').length - 1;
        return [`${block.page}:${block.line + 1 + line - before}: ${message}`];
      }),
    );
  }
}

/** Compiles `files`, which need not exist, as often as they change; everything else is parsed once. */
function compiler(files: ReadonlyMap<string, string>): () => ts.Program {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [] }, ts.sys, root);
  const ofModels = (name: string) => [join(root, 'packages/models/node_modules/@tensorflow', name)];
  const compilerOptions: ts.CompilerOptions = {
    ...options,
    noEmit: true,
    noUnusedLocals: false,
    noUnusedParameters: false,
    paths: {
      ...options.paths,
      '@tensorflow/tfjs-converter': ofModels('tfjs-converter'),
      '@tensorflow/tfjs-layers': ofModels('tfjs-layers'),
    },
  };
  let previous: ts.Program | undefined;
  return () => {
    const host = ts.createCompilerHost(compilerOptions);
    const { fileExists, readFile, getSourceFile } = host;
    host.fileExists = (path) => files.has(path) || fileExists(path);
    host.readFile = (path) => files.get(path) ?? readFile(path);
    host.getSourceFile = (path, ...rest) => {
      const virtual = files.get(path);
      return virtual === undefined
        ? (previous?.getSourceFile(path) ?? getSourceFile(path, ...rest))
        : ts.createSourceFile(path, virtual, rest[0], true);
    };
    previous = ts.createProgram([...files.keys()], compilerOptions, host, previous);
    return previous;
  };
}

/** Imports and declarations of earlier blocks for the names that a block lacks, else imports from the SDK. */
function provided(block: CodeBlock, missing: Set<string>, all: readonly CodeBlock[]): string {
  const lines: string[] = [];
  const left = new Set(missing);
  const earlier = all.filter(({ page, line }) => page === block.page && line < block.line);
  for (const { code } of earlier.reverse()) {
    const source = ts.createSourceFile('earlier.ts', code, ts.ScriptTarget.Latest, true);
    for (const statement of source.statements) {
      const names = declaredNames(statement).filter((name) => left.has(name));
      if (names.length === 0) continue;
      lines.push(restated(statement, names));
      for (const name of names) left.delete(name);
    }
  }
  const web = /browser|backend-web/.test(block.page) || block.code.includes('backend-web');
  if (left.size > 0) {
    lines.unshift(
      `import { ${[...left].join(', ')} } from '@latent-matte/backend-${web ? 'web' : 'node'}';`,
    );
  }
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

/** A statement of an earlier block for one that follows: of imports the names alone, of constants the type. */
function restated(statement: ts.Statement, names: readonly string[]): string {
  if (ts.isImportDeclaration(statement)) {
    const bindings = statement.importClause!.namedBindings!;
    const imported = ts.isNamespaceImport(bindings)
      ? bindings.getText()
      : `{ ${bindings.elements
          .filter(({ name }) => names.includes(name.text))
          .map((element) => element.getText())
          .join(', ')} }`;
    return `import ${imported} from ${statement.moduleSpecifier.getText()};`;
  }
  const text = statement.getText();
  return ts.isVariableStatement(statement)
    ? text.replace(/= await [\s\S]*$/, '= undefined as any;')
    : text;
}

function declaredNames(statement: ts.Statement): string[] {
  if (ts.isImportDeclaration(statement)) {
    const bindings = statement.importClause?.namedBindings;
    if (bindings === undefined) return [];
    return ts.isNamespaceImport(bindings)
      ? [bindings.name.text]
      : bindings.elements.map(({ name }) => name.text);
  }
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.flatMap(({ name }) =>
      ts.isIdentifier(name) ? [name.text] : name.elements.map((element) => element.getText()),
    );
  }
  if ((ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)) && statement.name) {
    return [statement.name.text];
  }
  return [];
}
