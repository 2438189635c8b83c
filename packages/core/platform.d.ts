// What core asks of every platform, browsers, workers and Node alike, beside ECMAScript: all of it is declared here, and
// tsconfig.json brings neither the DOM's types nor Node's. Not part of the package: an application has its own.

declare class Event {
  constructor(type: string);
  readonly type: string;
  preventDefault(): void;
}

declare class AbortController {
  readonly signal: AbortSignal;
  abort(reason?: unknown): void;
}

declare class AbortSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  throwIfAborted(): void;
  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

interface Blob {
  readonly size: number;
  slice(from?: number, to?: number): Blob;
  arrayBuffer(): Promise<ArrayBuffer>;
}

declare class TextEncoder {
  encode(text?: string): Uint8Array<ArrayBuffer>;
}

declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  decode(bytes?: ArrayBufferView | ArrayBuffer): string;
}

declare class URL {
  constructor(url: string | URL, base?: string | URL);
  static canParse(url: string, base?: string | URL): boolean;
  readonly href: string;
  readonly pathname: string;
  readonly protocol: string;
}

declare const performance: { now(): number };
declare const console: { warn(...values: unknown[]): void; log(...values: unknown[]): void };
// As a variable it is a property of globalThis, by which core asks whether it is there.
declare var crypto:
  | {
      readonly subtle?: {
        digest(algorithm: string, data: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer>;
      };
    }
  | undefined;
declare function structuredClone<Value>(value: Value): Value;
declare function atob(text: string): string;
declare function btoa(text: string): string;
declare function setTimeout(run: (...values: never[]) => void, milliseconds?: number): unknown;
declare function clearTimeout(timer: unknown): void;

interface ImportMeta {
  readonly url: string;
}
