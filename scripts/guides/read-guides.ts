import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** A page of the repository, `path` relative to its root. */
export interface Page {
  readonly path: string;
  readonly text: string;
}

/** A fenced piece of code of a page. */
export interface CodeBlock {
  readonly page: string;
  /** Line of the fence, from 1. */
  readonly line: number;
  readonly language: string;
  readonly code: string;
}

const folders = ['docs', 'packages', 'examples', '.changeset'];
const skipped = new Set(['node_modules', 'dist', 'out', 'site', 'fixtures', 'src', 'CHANGELOG.md']);

/** Every page that a person reads: guides, READMEs, CONTRIBUTING. */
export function readPages(): Page[] {
  const found: string[] = ['README.md', 'CONTRIBUTING.md'];
  const walk = (folder: string) => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      if (skipped.has(entry.name)) continue;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) walk(path);
      else if (entry.name.endsWith('.md')) found.push(path);
    }
  };
  for (const folder of folders) walk(folder);
  return found.sort().map((path) => ({
    path: relative(root, join(root, path)),
    text: readFileSync(join(root, path), 'utf8'),
  }));
}

/** The fenced pieces of a page that are programs. */
export function codeBlocks({ path, text }: Page): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  const lines = text.split('\n');
  for (let i = 0; i < lines.length; i++) {
    const fence = /^( *)```(\w*)/.exec(lines[i]);
    if (fence === null) continue;
    const end = lines.findIndex((line, at) => at > i && line.trim() === '```');
    const [, indent, language] = fence;
    const body = lines.slice(i + 1, end).map((line) => line.slice(indent.length));
    if (['js', 'ts'].includes(language)) {
      blocks.push({ page: path, line: i + 1, language, code: `${body.join('\n')}\n` });
    }
    i = end;
  }
  return blocks;
}
