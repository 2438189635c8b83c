import { sha256Of } from '@latent-matte/files/sha256-of';
import { loadModelFile, type ModelFile, registerByKind, rolesOf } from '@latent-matte/models';
import { hashOfAll } from './installed-entry';
import { findInstalledModel, graphModels } from './installed-models';

/** Model files that this process named, with what decides their answers. */
const described = new Map<string, { readonly roles: readonly string[]; readonly sha256: string }>();

/** Makes a model file available by a name until the process ends, without adding it. */
export function registerModelFile(name: string, file: ModelFile): void {
  const files = [...file.contents].map(([part, content]) => ({
    name: part,
    size: content.length,
    sha256: sha256Of(content),
  }));
  const { format, roles, constants } = file;
  const facts = { format, roles, ...(constants && { constants }) };
  described.set(name, { roles: rolesOf(file), sha256: hashOfAll(files, facts) });
  for (const role of rolesOf(file)) {
    registerByKind({ id: name, kind: role }, () => loadModelFile(file, role, graphModels));
  }
}

/** The hash of a model that was added or named, which its name does not tell. */
export async function hashOfModel(kind: string, id: string): Promise<string | undefined> {
  const file = described.get(id);
  if (file?.roles.includes(kind)) return file.sha256;
  const installed = await findInstalledModel(id);
  if (installed === undefined) return undefined;
  const kinds: readonly string[] = installed.runs ? rolesOf(installed.runs) : [installed.kind];
  return kinds.includes(kind) ? installed.sha256 : undefined;
}
