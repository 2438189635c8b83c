import type { Declaration, OptionTable } from '@latent-matte/core/options';
import { z } from 'zod';

/** Numbers ≥ 0, as loss weights and limits are. */
export const share = z.number().min(0);

/** What a stranger may write for an option: what its declaration allows, and nothing else. */
function schemaOf({ kind }: Declaration<unknown>, name: string): z.ZodType {
  switch (kind.is) {
    case 'whole':
      return z.int().min(kind.min).max(kind.max);
    case 'number': {
      const above = kind.open ? z.number().gt(kind.min) : z.number().min(kind.min);
      return Number.isFinite(kind.max) ? above.max(kind.max) : above;
    }
    case 'choice':
      return z.enum(kind.of);
    case 'flag':
      return z.boolean();
    case 'size':
      return z.tuple([z.int().min(kind.min), z.int().min(kind.min)]);
    case 'terms':
      return z.strictObject(Object.fromEntries(Object.keys(kind.of).map((term) => [term, share])));
    default:
      throw new Error(`The option ${name} is recorded, and is no plain value.`);
  }
}

/** A schema for each option of a table that is recorded, by name. */
export const recordedSchemas = (table: OptionTable): Record<string, z.ZodType> =>
  Object.fromEntries(
    Object.entries(table)
      .filter(([, { recorded }]) => recorded)
      .map(([name, declaration]) => [name, schemaOf(declaration, name)]),
  );
