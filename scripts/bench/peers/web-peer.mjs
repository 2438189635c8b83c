// The peer of `wasm`: onnxruntime-web on one thread. Reads jobs, one JSON a line, and answers CPU milliseconds. npm's
// `onnxruntime-web` is no dependency: `LATENT_MATTE_BENCH_ORT_WEB` names a folder in whose `node_modules` it lies.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const folder = resolve(process.env.LATENT_MATTE_BENCH_ORT_WEB ?? '.');
const sessions = new Map();
let library;

async function answer({ work, model, shape }) {
  if (work !== 'onnx') return { missing: `onnxruntime-web knows no ${work}` };
  if (library === undefined) {
    const require = createRequire(join(folder, 'package.json'));
    let path;
    try {
      path = require.resolve('onnxruntime-web/wasm');
    } catch {
      return { missing: `no onnxruntime-web below ${folder}` };
    }
    const { default: ort } = await import(pathToFileURL(path).href);
    ort.env.wasm.numThreads = 1;
    ort.env.logLevel = 'fatal';
    library = { ort, name: `onnxruntime-web ${ort.env.versions.web ?? ort.env.versions.common}` };
  }
  const { ort, name } = library;
  let session = sessions.get(model);
  if (session === undefined) {
    const options = { executionProviders: ['wasm'], logSeverityLevel: 4 };
    session = await ort.InferenceSession.create(await readFile(model), options);
    sessions.set(model, session);
    await run(session, shape);
  }
  return { milliseconds: await run(session, shape), library: name };
}

async function run(session, shape) {
  const count = shape.reduce((product, size) => product * size, 1);
  const values = Float32Array.from({ length: count }, (_, i) => (i % 251) / 251);
  const start = process.cpuUsage();
  await session.run({ [session.inputNames[0]]: new library.ort.Tensor('float32', values, shape) });
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await answer(JSON.parse(line))));
}
