/** First line of an error's message, without its full stop. */
export const briefly = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error))
    .split('\n')[0]!
    .trim()
    .replace(/\.$/, '');
