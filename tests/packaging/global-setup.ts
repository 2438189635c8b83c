import type { TestProject } from 'vitest/node';
import { type PackedWorkspace, packWorkspace, type Refused } from './packed-workspace.ts';

declare module 'vitest' {
  interface ProvidedContext {
    packed: PackedWorkspace | Refused;
  }
}

/** Packs and installs once, before the first test that needs it. */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | void> {
  const packed = await packWorkspace();
  if ('refused' in packed) {
    project.provide('packed', packed);
    return;
  }
  const { dispose, ...workspace } = packed;
  project.provide('packed', workspace);
  return dispose;
}
