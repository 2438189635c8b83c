import type { WeightArchive } from '@latent-matte/core/checkpoints';
import { ambiguous, isAverage, isTrained, isWrapper } from './network-groups';

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

/** Nothing wraps deeper. */
const MOST_WRAPPERS = 8;

/**
 * The tensors of a network in a training checkpoint, by the rule of {@link isWrapper}: without `module.`, `_orig_mod.`,
 * `model.` or `net.` where all carry it, out of `state_dict/`, `params/` or the like; the moving average (`params_ema`,
 * `model_ema`, `ema`) where it is there.
 * @throws WeightsError two groups that fit equally
 */
export function stateDict(archive: WeightArchive): WeightArchive {
  const prefix = networkPrefix([...archive.tensors.keys()]);
  const own = prefix === '' ? archive : withoutPrefix(archive, prefix, { only: true });
  return withoutPrefix(own, 'module.');
}

/**
 * Where a network lies among the names of a training checkpoint, by the rule of `stateDict`: `params_ema/module.`,
 * empty where it stands alone.
 *
 * ```ts
 * import { networkPrefix } from '@latent-matte/models';
 *
 * console.log(networkPrefix(['module.conv.weight', 'module.conv.bias'])); // module.
 * ```
 *
 * @throws WeightsError two groups that fit equally
 */
export function networkPrefix(names: readonly string[]): string {
  let prefix = '';
  let own = names;
  for (let i = 0; i < MOST_WRAPPERS; i++) {
    const wrapper = wrapperOf(own);
    if (wrapper === undefined) break;
    own = own.flatMap((name) => (name.startsWith(wrapper) ? [name.slice(wrapper.length)] : []));
    prefix += wrapper;
  }
  return prefix;
}

/** The outermost wrapper of some names, with its separator. */
function wrapperOf(names: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const name of names) {
    const first = /^[^./]+[./]/.exec(name)?.[0];
    if (first !== undefined) counts.set(first, (counts.get(first) ?? 0) + 1);
  }
  const all = [...counts.keys()];
  const averages = all.filter((prefix) => isAverage(prefix.slice(0, -1)));
  if (averages.length > 0) return only(averages);
  const part = (prefix: string) => prefix.slice(0, -1);
  // A dict of a training script holds other things beside the network; a module wraps all of it.
  const dicts = all.filter(
    (prefix) => prefix.endsWith('/') && (isWrapper(part(prefix)) || isTrained(part(prefix))),
  );
  if (dicts.length > 0) return only(dicts);
  return all.find(
    (prefix) =>
      counts.get(prefix) === names.length && (isWrapper(part(prefix)) || isTrained(part(prefix))),
  );
}

function only(prefixes: readonly string[]): string {
  if (prefixes.length > 1) throw ambiguous('a network', prefixes);
  return prefixes[0]!;
}
