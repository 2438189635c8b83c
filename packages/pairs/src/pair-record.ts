import { z } from 'zod';

const SHARD = 1000;

const fileSchema = z.strictObject({
  path: z.string().regex(/^(rejected\/)?\d{5,}\/[a-z]+\/\d{8,}\.[a-z]+$/),
  size: z.int().min(0),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

/** One line of `manifest.jsonl`. What else is in it depends on the version that wrote it. */
const recordSchema = z.looseObject({
  index: z.int().min(0),
  seed: z.int(),
  accepted: z.boolean(),
  reasons: z.array(z.looseObject({ measure: z.string(), message: z.string() })),
  files: z.partialRecord(z.enum(['image', 'alpha', 'trimap', 'enhanced', 'latents']), fileSchema),
});

/** One line of `manifest.jsonl`. */
export type PairRecord = z.infer<typeof recordSchema>;

/** Where a file of a pair lies. */
export const keyOf = (index: number, kind: string, extension: string): string =>
  `${String(Math.floor(index / SHARD)).padStart(5, '0')}/${kind}/${String(index).padStart(8, '0')}.${extension}`;
/** Where the record of a pair lies. */
export const recordKey = (index: number): string => keyOf(index, 'record', 'json');

/** Half a record, or one that something else wrote, is no record: the pair is made again. */
export function parseRecord(content: Uint8Array, index: number): PairRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(content));
  } catch {
    return undefined;
  }
  const { data } = recordSchema.safeParse(value);
  return data?.index === index ? data : undefined;
}
