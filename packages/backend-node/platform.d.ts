// What Node has and @types/node 20 does not declare; tsconfig.json does not bring the DOM's types.

declare namespace WebAssembly {
  class RuntimeError extends Error {}
}

/** Since Node 21. */
declare var navigator: object | undefined;
