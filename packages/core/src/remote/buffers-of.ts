/**
 * Every ArrayBuffer that `value` holds, each once: the transfer list for `postMessage`. Looks into arrays and
 * plain objects. Shared buffers are left out: they cross by themselves.
 *
 * Transferring takes the data away from the sender, so use it on results nobody else holds.
 */
export function buffersOf(value: unknown): ArrayBuffer[] {
  const found = new Set<ArrayBuffer>();
  const seen = new Set<object>();
  const visit = (item: unknown): void => {
    if (typeof item !== 'object' || item === null || seen.has(item)) return;
    seen.add(item);
    if (Object.prototype.toString.call(item) === '[object ArrayBuffer]')
      found.add(item as ArrayBuffer);
    else if (ArrayBuffer.isView(item)) visit(item.buffer);
    else for (const entry of Object.values(item)) visit(entry);
  };
  visit(value);
  return [...found];
}
