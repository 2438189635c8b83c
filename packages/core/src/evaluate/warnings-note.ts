/**
 * The first picture that has a warning, and how many more pictures have one: a line for a table of many.
 *
 * ```ts
 * import { warningsNote } from '@latent-matte/backend-node/evaluate';
 *
 * const row = { name: 'a.png', warnings: ['The trimap has 12 levels; they were read by bands.'] };
 * console.log(warningsNote([row, { name: 'b.png' }])); // note: a.png: The trimap has 12 levels …
 * ```
 *
 * @returns nothing where no picture has a warning
 */
export function warningsNote(
  pictures: readonly { readonly name: string; readonly warnings?: readonly string[] }[],
): string | undefined {
  const odd = new Map(
    pictures.flatMap(({ name, warnings = [] }) =>
      warnings.length > 0 ? [[name, warnings[0]] as const] : [],
    ),
  );
  const [first] = odd;
  if (first === undefined) return undefined;
  const others = odd.size - 1;
  const more =
    others === 0 ? '' : ` And ${others} more picture${others === 1 ? '' : 's'} with a warning.`;
  return `note: ${first[0]}: ${first[1]}${more}`;
}
