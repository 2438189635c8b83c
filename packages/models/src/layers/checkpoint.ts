import type { WeightArchive } from '@latent-matte/core';

/**
 * The same archive with `prefix` taken off every name that has it. Networks saved from inside
 * `DataParallel` carry `module.`, checkpoints with several parts the name of the part.
 *
 * @param options.only drop the tensors without the prefix, when at least one has it. Default false
 */
export function withoutPrefix(
  archive: WeightArchive,
  prefix: string,
  { only = false }: { only?: boolean } = {},
): WeightArchive {
  const entries = [...archive.tensors];
  const found = entries.some(([name]) => name.startsWith(prefix));
  if (!found) return archive;
  const kept = only ? entries.filter(([name]) => name.startsWith(prefix)) : entries;
  return {
    tensors: new Map(
      kept.map(([name, tensor]) => [
        name.startsWith(prefix) ? name.slice(prefix.length) : name,
        tensor,
      ]),
    ),
  };
}

/**
 * The tensors of a network in a training checkpoint: those under `state_dict/` or `model/` when there are
 * any, without `module.`.
 */
export function stateDict(archive: WeightArchive): WeightArchive {
  const inner = ['state_dict/', 'model/'].reduce(
    (current, prefix) => withoutPrefix(current, prefix, { only: true }),
    archive,
  );
  return withoutPrefix(inner, 'module.');
}
