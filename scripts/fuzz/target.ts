/** A parser, and files that it takes. */
export interface Target {
  readonly name: string;
  /** Files to damage: small ones. Called once, before anything is run. */
  corpus(): Promise<Uint8Array[]>;
  /** Reads a file to its end. What is wrong with it is said by an error with a code. */
  run(bytes: Uint8Array): Promise<void>;
}

export const text = (value: unknown): Uint8Array =>
  new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));

/** The value of a text; a text that is no JSON is not what a target that takes values is asked. */
export function jsonOf(bytes: Uint8Array): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(new TextDecoder().decode(bytes)) };
  } catch {
    return undefined;
  }
}
