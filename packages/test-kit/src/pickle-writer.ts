/** Writes pickles by hand for tests: what Python would write, and what it never would. */
export const bytes = (...parts: (number | string | Uint8Array)[]): Uint8Array =>
  Uint8Array.from(
    parts.flatMap((part) =>
      typeof part === 'number'
        ? [part]
        : typeof part === 'string'
          ? [...part].map((character) => character.charCodeAt(0))
          : [...part],
    ),
  );

export const uint32 = (value: number): Uint8Array =>
  new Uint8Array(Uint32Array.of(value).buffer.slice(0));

export const text = (value: string): Uint8Array => bytes('X', uint32(value.length), value);
export const int = (value: number): Uint8Array => bytes('J', uint32(value));
export const global = (module: string, name: string): Uint8Array =>
  bytes('c', module, '\n', name, '\n');
export const tuple = (...items: Uint8Array[]): Uint8Array => bytes('(', ...items, 't');
export const call = (callee: Uint8Array, ...args: Uint8Array[]): Uint8Array =>
  bytes(callee, tuple(...args), 'R');
export const dict = (...pairs: (readonly [string, Uint8Array])[]): Uint8Array =>
  bytes('}(', ...pairs.flatMap(([key, value]) => [text(key), value]), 'u');
/** An instance with attributes. */
export const instance = (module: string, name: string, state: Uint8Array): Uint8Array =>
  bytes(global(module, name), ')', 0x81, state, 'b');
export const pickle = (...body: (number | string | Uint8Array)[]): Uint8Array =>
  bytes(0x80, 2, ...body, '.');

/** A tensor over the storage `key` of a legacy file. */
export const tensor = (key: string, elements: number, shape: number[], strides: number[]) =>
  call(
    global('torch._utils', '_rebuild_tensor_v2'),
    bytes(
      tuple(
        text('storage'),
        global('torch', 'FloatStorage'),
        text(key),
        text('cpu'),
        int(elements),
        bytes('N'),
      ),
      'Q',
    ),
    int(0),
    tuple(...shape.map(int)),
    tuple(...strides.map(int)),
  );

/** The pickles of a legacy file up to its storages. */
export const legacyHead = (object: Uint8Array, keys: string[]): Uint8Array =>
  bytes(
    pickle(0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19),
    pickle('M', 0xe9, 0x03),
    pickle(dict(['little_endian', bytes(0x88)])),
    pickle(object),
    pickle('](', ...keys.map(text), 'e'),
  );

/** A complete legacy file. */
export const legacyFile = (object: Uint8Array, storages: Record<string, number[]>): Uint8Array =>
  bytes(
    legacyHead(object, Object.keys(storages)),
    ...Object.values(storages).map((values) =>
      bytes(
        uint32(values.length),
        uint32(0),
        new Uint8Array(Float32Array.from(values).buffer.slice(0)),
      ),
    ),
  );
