import { assertOnly, type NamesOf } from '@latent-matte/core/internal';
import type {
  AdapterDescription,
  FixedSize,
  FreeSize,
  MattingDescription,
  NetworkInput,
  TrimapDescription,
} from './description';

type Part<Description, Name extends keyof Description> = NonNullable<Description[Name]>;
type Person = Part<Part<TrimapDescription, 'output'>, 'person'>;

const common = {
  kind: true,
  name: true,
  license: true,
  input: true,
  differentiable: true,
} as const;
const matting: NamesOf<MattingDescription> = { ...common, output: true, trimap: true };
const trimap: NamesOf<TrimapDescription> = { ...common, output: true };
const input: NamesOf<NetworkInput> = {
  name: true,
  layout: true,
  colors: true,
  range: true,
  mean: true,
  std: true,
  size: true,
};
const freeSize: NamesOf<FreeSize> = { multipleOf: true, min: true, max: true };
const fixedSize: NamesOf<FixedSize> = { fixed: true, fit: true };
const trimapInput: NamesOf<Part<MattingDescription, 'trimap'>> = {
  encoding: true,
  values: true,
  as: true,
  name: true,
  keepKnown: true,
};
const mattingOutput: NamesOf<Part<MattingDescription, 'output'>> = {
  name: true,
  layout: true,
  channel: true,
  activation: true,
  range: true,
};
const trimapOutput: NamesOf<Part<TrimapDescription, 'output'>> = {
  name: true,
  layout: true,
  values: true,
  classes: true,
  person: true,
};
const person: NamesOf<Person> = { channel: true, margin: true, band: true };

/**
 * A field that no adapter reads is a mistake: `size: { width, height }` would be any size, and the network run at a wrong one.
 *
 * @param description of a known kind, its parts objects
 * @throws InvalidOptionError naming the first such field, and the one that was meant
 */
export function assertKnownFields(description: AdapterDescription): void {
  const part = <Fields extends object>(
    where: string,
    given: Fields | undefined,
    names: NamesOf<Fields>,
  ): void => {
    if (given !== undefined) assertOnly<Fields>(`The description's ${where}`, given, names);
  };
  const size = description.input?.size;
  part('input', description.input, input);
  if (size !== undefined && 'fixed' in size) part('input.size', size, fixedSize);
  else part('input.size', size, freeSize);
  if (description.kind === 'matting') {
    assertOnly<MattingDescription>('The description', description, matting);
    part('output', description.output, mattingOutput);
    part('trimap', description.trimap, trimapInput);
  } else {
    assertOnly<TrimapDescription>('The description', description, trimap);
    part('output', description.output, trimapOutput);
    part('output.person', description.output?.person, person);
  }
}
