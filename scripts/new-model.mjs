// pnpm new:model NAME: a matting model to fill in, in packages/models/src/NAME, with its test, exported and registered.
// The templates beside this file run as they are.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const template = (file) => new URL(`./new-model/${file}.txt`, import.meta.url);

/** @throws Error saying what is wrong and what to do */
export function newModel(name, root) {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name ?? '')) {
    throw new Error(`"${name ?? ''}" is no name for a model. Use kebab-case, such as "my-net".`);
  }
  const models = join(root, 'packages/models/src');
  const folder = join(models, name);
  if (existsSync(folder)) {
    throw new Error(`${folder} exists. Choose another name, or remove it.`);
  }
  const className = name.replace(/(^|-)(.)/g, (_, __, letter) => letter.toUpperCase());
  const index = join(models, 'index.ts');
  const catalogue = join(models, 'catalogue/generators.ts');
  const before = readFileSync(catalogue, 'utf8');
  const anchor = 'export const madeModels: readonly MadeEntry[] = [\n';
  if (!before.includes(anchor))
    throw new Error(`${catalogue} has no line with ${anchor.trim()}: add the model by hand.`);

  const files = {
    'index.ts': 'index.ts',
    'model.ts': `${name}.ts`,
    'model.test.ts': `${name}.test.ts`,
  };
  mkdirSync(folder);
  for (const [source, target] of Object.entries(files)) {
    const text = readFileSync(template(source), 'utf8');
    const filled = text.replaceAll('__Name__', className).replaceAll('__name__', name);
    writeFileSync(join(folder, target), filled);
  }
  const importLine = `import { create${className} } from '../${name}';\n`;
  const entry = `  {
    id: '${name}',
    weights: 'none',
    kind: 'matting',
    description: 'to be written',
    license: 'MIT',
    capabilities: { gradient: true },
    make: () => create${className}(),
  },
`;
  writeFileSync(catalogue, importLine + before.replace(anchor, anchor + entry));
  writeFileSync(index, `${readFileSync(index, 'utf8')}export * from './${name}';\n`);
  return { folder, className };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    const root = dirname(dirname(fileURLToPath(import.meta.url)));
    const { className } = newModel(process.argv[2], root);
    const name = process.argv[2];
    console.log(`${className} is in packages/models/src/${name}, in the catalogue as "${name}". Next:

  1. write the network in ${name}.ts
  2. npx vitest run --project node packages/models/src/${name}
  3. pnpm check (pnpm format sorts the new lines of index.ts and of catalogue/)
  4. weights: an entry of its own sort in packages/models/src/catalogue (published.ts, people-networks.ts); those of our own
     are safetensors in packages/compact with an entry in its models.json
  5. a card in docs/models.md or docs/published-networks.md, and npx changeset`);
  } catch (error) {
    console.error(`new:model: ${error.message}`);
    process.exitCode = 1;
  }
}
