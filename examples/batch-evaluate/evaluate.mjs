// node evaluate.mjs [folder] [steps]: does enhancement help a matting model on a folder of portraits?
//
// The folder holds image/ and alpha/, with the same names. Without one, two test pictures are made: the astronaut over
// drawn backgrounds. Their true matte is known, because it is the one they were composed with.
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readImage, readMap, useNodeBackend } from '@latent-matte/backend-node';
import { evaluateMatting } from '@latent-matte/backend-node/evaluate';
import { makeTestPictures } from './make-test-pictures.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const [given, steps = '20'] = process.argv.slice(2);

const backend = await useNodeBackend();
console.log(backend.description);

const folder = given || (await makeTestPictures(here('out/portraits')));

/** Each picture is read when its turn comes; one that cannot be read is listed and costs only itself. */
async function* samples() {
  for (const file of (await readdir(join(folder, 'image'))).sort()) {
    const { name } = parse(file);
    yield {
      name,
      load: async () => ({
        name,
        image: await readImage(join(folder, 'image', file)),
        alpha: await readMap(join(folder, 'alpha', `${name}.png`)),
      }),
    };
  }
}

const stop = new AbortController();
process.once('SIGINT', () => stop.abort());

const report = {};
// Names of more models go here, once they are registered.
for (const model of ['portrait-matting']) {
  const { rows, failures, summary } = await evaluateMatting(samples(), {
    model,
    steps: Number(steps),
    signal: stop.signal,
    onRow: ({ name, seconds }) => console.log(`${model}  ${name}  ${seconds.toFixed(1)} s`),
    onFailure: ({ name, message }) => console.log(`${model}  ${name}  ${message}`),
  });
  report[model] = { summary, rows, failures };
}

console.table(
  Object.fromEntries(
    Object.entries(report).map(([model, { summary, rows }]) => [
      model,
      {
        pictures: rows.length,
        ...Object.fromEntries(
          Object.entries(summary.metrics).map(([metric, { original, enhanced, percent }]) => [
            metric,
            `${original.toPrecision(3)} → ${enhanced.toPrecision(3)} (${percent.toFixed(1)} %)`,
          ]),
        ),
      },
    ]),
  ),
);
await mkdir(here('out'), { recursive: true });
await writeFile(here('out/report.json'), `${JSON.stringify(report, null, 2)}\n`);
