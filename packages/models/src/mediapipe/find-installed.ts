/** What is used of Node, where there is Node: a bundler for browsers must not see an import of it. */
interface NodeProcess {
  cwd(): string;
  getBuiltinModule?(id: 'node:module'): {
    createRequire(from: string): { resolve(request: string): string };
  };
  getBuiltinModule?(id: 'node:url'): { pathToFileURL(path: string): URL };
}

/**
 * The address of a file in an installed package: beside this package, or from the working directory. Nothing where it
 * is not installed, in a browser, and before Node 20.16.
 */
export function findInstalled(packageName: string, file: string): URL | undefined {
  const { process } = globalThis as { readonly process?: Partial<NodeProcess> };
  const nodeModule = process?.getBuiltinModule?.('node:module');
  const nodeUrl = process?.getBuiltinModule?.('node:url');
  if (nodeModule === undefined || nodeUrl === undefined) return undefined;
  for (const from of [import.meta.url, `${process?.cwd?.()}/index.js`]) {
    try {
      const path = nodeModule.createRequire(from).resolve(`${packageName}/${file}`);
      return nodeUrl.pathToFileURL(path);
    } catch {
      // Not from there.
    }
  }
  return undefined;
}
