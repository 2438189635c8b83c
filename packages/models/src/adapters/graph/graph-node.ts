/** A node of a TensorFlow graph as `model.json` holds it. */
export interface GraphNode {
  readonly name: string;
  readonly op: string;
  /** `node`, `node:1` for a further output, `^node` for an order without data. */
  readonly input?: readonly string[];
  readonly attr?: Readonly<Record<string, GraphAttribute>>;
}

export interface GraphAttribute {
  readonly s?: string;
  readonly i?: string | number;
  readonly f?: number;
  readonly b?: boolean;
  readonly type?: string | number;
  readonly shape?: { readonly dim?: readonly { readonly size?: string | number }[] };
  readonly list?: { readonly s?: readonly string[] };
}

/** `node:1` → its node and which of its outputs. */
export function reference(input: string): { node: string; output: number } {
  const match = /^\^?(.*?)(?::(\d+))?$/.exec(input);
  return { node: match?.[1] ?? input, output: Number(match?.[2] ?? 0) };
}

export const isOrderOnly = (input: string) => input.startsWith('^');

/** Strings are base64 in JSON, and plain once tfjs has read them from a binary. */
export function decodeString(value: string): string {
  return /^[A-Za-z0-9+/]+={0,2}$/.test(value) && value.length % 4 === 0 ? atob(value) : value;
}
