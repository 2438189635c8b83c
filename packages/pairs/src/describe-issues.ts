import type { z } from 'zod';

/** `settings.device: Invalid input …`, the first few. */
export function describeIssues(error: z.ZodError | undefined): string {
  const issues = error?.issues ?? [];
  return issues
    .slice(0, 3)
    .map(({ path, message }) => `${path.join('.') || 'it'}: ${message}`)
    .join('; ');
}
