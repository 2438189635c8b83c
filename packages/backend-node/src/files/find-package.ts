import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * Folders of an optional package, each once, in order of preference: beside this package, from the working
 * directory, and in `named` (the package itself, or a folder with `node_modules`).
 */
export function findPackage(name: string, named?: string): string[] {
  const folders = new Set<string>();
  const add = (from: string): void => {
    const folder = locate(name, from);
    if (folder !== undefined) folders.add(folder);
  };
  add(import.meta.url);
  add(pathToFileURL(join(process.cwd(), 'index.js')).href);
  if (named !== undefined && named !== '') {
    const folder = resolve(named);
    if (existsSync(join(folder, 'package.json')) && manifestOf(folder).name === name) {
      folders.add(folder);
    } else {
      add(pathToFileURL(join(folder, 'index.js')).href);
    }
  }
  return [...folders];
}

/** Name and version of the package in a folder. */
export function manifestOf(folder: string): { name: string; version: string } {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}

/** Walks up by hand where a package hides its package.json behind `exports`. */
function locate(name: string, from: string): string | undefined {
  const paths = createRequire(from).resolve.paths(name) ?? [];
  return paths
    .map((path) => join(path, name))
    .find((path) => existsSync(join(path, 'package.json')));
}
