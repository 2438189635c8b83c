/**
 * Fits the confidence that a matte holds a person (packages/core/src/prediction/person-confidence.ts) to photographs with
 * and without people, and counts what is judged wrongly.
 *
 *     pnpm confidence --people DIR --others DIR [--model portrait-matte] [--device native]
 *
 * Counted twice: with the fit that is in the sources, and cross-validated, fitted on one half and counted on the other. Use
 * no photograph that a network was trained on or that something is measured on later.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { matte, type NodeDevice, readImage, useNodeBackend } from '@latent-matte/backend-node';
import { LatentMatteError } from '@latent-matte/core';
import { evidenceOf, SURE } from '@latent-matte/core/internal';
import { type Example, fitLogistic, probability } from './fit';

interface Looked extends Example {
  readonly name: string;
  /** As a user is told; 0 where the picture was refused. */
  readonly confidence: number;
}

export async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      people: { type: 'string' },
      others: { type: 'string' },
      model: { type: 'string', default: 'portrait-matte' },
      device: { type: 'string', default: 'auto' },
    },
  });
  if (values.people === undefined || values.others === undefined) {
    console.error('Give --people and --others, folders of photographs with and without people.');
    return 2;
  }
  await useNodeBackend({ device: values.device as NodeDevice });
  const seen = [
    ...(await look(values.people, true, values.model)),
    ...(await look(values.others, false, values.model)),
  ];
  count('as in the sources', seen, ({ confidence }) => confidence);
  // Those that were refused show nothing to fit to.
  const told = seen.filter(({ evidence }) => evidence.length > 0);
  const halves = [0, 1].map((half) => fitLogistic(told.filter((_, k) => k % 2 !== half)));
  const places = new Map(told.map((example, k) => [example, k]));
  count('fitted anew, cross-validated', seen, (example) => {
    const place = places.get(example);
    return place === undefined ? 0 : probability(halves[place % 2]!, example.evidence);
  });
  const [bias, decided, outline] = fitLogistic(told).map((weight) => Number(weight.toFixed(2)));
  console.log(`FIT = { bias: ${bias}, decided: ${decided}, outline: ${outline} }`);
  return 0;
}

async function look(folder: string, person: boolean, model: string): Promise<Looked[]> {
  const found: Looked[] = [];
  for (const name of (await readdir(folder)).sort()) {
    const photo = await readImage(join(folder, name));
    try {
      // As the networks said: evidence is the same at any size, so that a closer look may lie over the first.
      const options = { model, refine: false, edgeLook: false, turnedLooks: false };
      const { alpha, confidence } = await matte(photo, options);
      const { decided, outline } = evidenceOf(alpha);
      // Tenths, as the fit in the sources has them.
      const evidence = [decided, outline / 10];
      found.push({ name, person, evidence, confidence });
    } catch (error) {
      if (!LatentMatteError.isInstance(error) || error.name !== 'NoPersonError') throw error;
      found.push({ name, person, evidence: [], confidence: 0 });
    }
  }
  return found;
}

function count(title: string, seen: readonly Looked[], confidence: (of: Looked) => number): void {
  console.log(title);
  for (const person of [true, false]) {
    const of = seen.filter((example) => example.person === person);
    const wrong = of.filter((example) => confidence(example) >= SURE !== person);
    const share = ((100 * wrong.length) / of.length).toFixed(1);
    console.log(
      `  ${person ? 'people below' : 'others above'} ${SURE}: ${wrong.length} of ${of.length} (${share} %)`,
    );
    for (const example of wrong) {
      console.log(`    ${example.name} ${confidence(example).toFixed(2)}`);
    }
  }
}
