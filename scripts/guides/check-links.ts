import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { type Page, root } from './read-guides';

/** The anchor that GitHub and TypeDoc make of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .trim()
    .toLowerCase()
    .replace(/`/g, '')
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');

const withoutCode = (text: string): string =>
  text.replace(/^( *)```[\s\S]*?^\1```/gm, '').replace(/`[^`\n]*`/g, '');

function anchorsOf({ text }: Page): Set<string> {
  const prose = text.replace(/^( *)```[\s\S]*?^\1```/gm, '');
  return new Set([...prose.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => anchorOf(heading)));
}

/** Links to files and headings that are not there, each as `page: link`. */
export function brokenLinks(pages: readonly Page[]): string[] {
  const byPath = new Map(pages.map((page) => [page.path, page]));
  const broken: string[] = [];
  for (const page of pages) {
    for (const [, link] of withoutCode(page.text).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^(https?|mailto):/.test(link)) continue;
      const [file, anchor] = link.split('#');
      const path = file === '' ? page.path : normalize(join(dirname(page.path), file));
      const target = byPath.get(path);
      const found = target !== undefined || existsSync(join(root, path));
      const anchored = anchor === undefined || (target && anchorsOf(target).has(anchor));
      if (!found || !anchored) broken.push(`${page.path}: ${link}`);
    }
  }
  return broken;
}
