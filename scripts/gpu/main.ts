import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type RasterImage, useNodeBackend } from '@latent-matte/backend-node';
import { type Item, listItems, measureItem } from '../parity/items';
import { severity } from '../parity/measurement';
import { type Case, cases, optionsOf, shrunk } from './cases';
import { GpuMeter } from './gpu-meter';
import { measureSteps, type StepFigures } from './measure-steps';
import { shareTfjs } from './shared-tfjs';
import { type TorchFigures, torchFigures } from './torch';

const usage = `run [--tiny] [--seconds N] [--only steps|parity|torch,…] [--cases NAME,…] [--items ITEM,…]
    [--python PATH] [--torch-cpu]

Measures latent-matte on this machine's WebGPU adapter and prints JSON.

  --tiny        narrow networks and small pictures: whether the kit runs, on any adapter
  --seconds N   all of it ends after about this long (default 540)
  --only PARTS  of steps, torch, parity
  --cases NAMES of steps and torch: ${[...cases.whole, ...cases.tiny].map(({ name }) => name).join(', ')}
  --items ITEMS of parity, names or beginnings of names
  --python PATH whose PyTorch is measured beside it (default python3)
  --torch-cpu   PyTorch may compute on the CPU where it has no CUDA (default: it is skipped)`;

const DEFAULT_SECONDS = 540;
/** What is running may go on for so long beyond the time that was given. */
const GRACE_SECONDS = 15;
const STEPS = 12;
const TINY_STEPS = 3;
/** The share of the time that the steps and PyTorch may take; parity has the rest. */
const STEP_SHARE = 0.6;

/** Networks first: what depends on the device least comes last. */
const PARITY_ITEMS =
  /^(losses|vgg16|lpips|deeplab|modnet|rvm|dim_|indexnet|gca|fba|stylegan2|official_)/;
/** A network takes an emulated GPU minutes. */
const TINY_ITEMS = /^losses$/;

export interface ParityRow {
  readonly item: string;
  readonly state: 'ok' | 'FAIL' | 'missing' | 'skipped';
  /** Largest error over its tolerance: at most 1 where it is ok. */
  readonly share?: number;
  readonly error?: number;
  readonly tolerance?: number;
  readonly seconds?: number;
  readonly why?: string;
}

export interface StepRow {
  readonly name: string;
  readonly webgpu: StepFigures | { readonly failed: string };
  readonly pytorch: TorchFigures;
}

export interface Report {
  readonly node: string;
  readonly adapter: {
    readonly description: string;
    readonly limits: object;
    readonly info: object;
  };
  readonly tiny: boolean;
  readonly steps: readonly StepRow[];
  readonly parity: readonly ParityRow[];
  readonly seconds: number;
  /** What was running when the time was up: it and all that would have come after it is missing. */
  readonly unfinished?: string;
}

/**
 * @param folder of the kit: `photo.rgb`, `fixtures/`, `torch_steps.py`
 * @returns the exit code: 1 where a step or an item failed
 */
export async function main(args: readonly string[], folder: string): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      tiny: { type: 'boolean', default: false },
      seconds: { type: 'string', default: `${DEFAULT_SECONDS}` },
      only: { type: 'string', default: 'steps,torch,parity' },
      cases: { type: 'string' },
      items: { type: 'string' },
      python: { type: 'string', default: 'python3' },
      'torch-cpu': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const seconds = Number(values.seconds);
  const parts = values.only.split(',');
  const named = values.cases?.split(',');
  const all = cases[values.tiny ? 'tiny' : 'whole'];
  const chosen = all.filter(({ name }) => named?.includes(name) ?? true);
  const known =
    parts.every((part) => ['steps', 'torch', 'parity'].includes(part)) &&
    chosen.length === (named ?? all).length;
  if (values.help || !(seconds > 0) || !known) {
    console.log(usage);
    return values.help ? 0 : 2;
  }
  const began = performance.now();
  const elapsed = () => (performance.now() - began) / 1000;
  shareTfjs();
  const { description, limits } = await useNodeBackend({ device: 'webgpu' });
  const info = await adapterInfo();
  const meter = new GpuMeter(globalThis as unknown as Record<string, unknown>);
  const photo = readPhoto(join(folder, 'photo.rgb'));
  const steps: StepRow[] = [];
  const parity: ParityRow[] = [];
  let current = 'nothing';
  const printReport = (unfinished?: string) => {
    const report: Report = {
      node: process.version,
      adapter: { description, limits, info },
      tiny: values.tiny,
      steps,
      parity,
      seconds: elapsed(),
      ...(unfinished !== undefined && { unfinished }),
    };
    console.log(JSON.stringify(report, null, 2));
  };
  // A step or an item that this device cannot finish must not take the rest of the report with it.
  const deadline = setTimeout(
    () => {
      printReport(current);
      process.exit(1);
    },
    (seconds + GRACE_SECONDS) * 1000,
  );
  for (const one of chosen) {
    if (!parts.includes('steps') && !parts.includes('torch')) break;
    const left = (STEP_SHARE * seconds - elapsed()) * one.share;
    current = one.name;
    note(`${current}: at most ${left.toFixed(0)} s`);
    const webgpu = parts.includes('steps')
      ? await webgpuFigures(one, photo, meter, left, values.tiny ? TINY_STEPS : STEPS)
      : { failed: 'not asked for' };
    const pytorch = parts.includes('torch')
      ? await torchFigures(join(folder, 'torch_steps.py'), one, {
          python: values.python,
          seconds: Math.max(5, Math.min(40, left / 3)),
          cpu: values['torch-cpu'],
        })
      : { skipped: 'not asked for' };
    steps.push({ name: one.name, webgpu, pytorch });
  }
  meter.dispose();
  const asked = values.items?.split(',');
  const wanted = (name: string) =>
    asked?.some((start) => name.startsWith(start)) ??
    (values.tiny ? TINY_ITEMS : PARITY_ITEMS).test(name);
  if (parts.includes('parity')) {
    for (const item of listItems(join(folder, 'fixtures')).filter(({ name }) => wanted(name))) {
      current = item.name;
      parity.push(await parityRow(item, seconds - elapsed()));
    }
  }
  clearTimeout(deadline);
  printReport();
  const failed =
    steps.some(({ webgpu }) => 'failed' in webgpu && parts.includes('steps')) ||
    parity.some(({ state }) => state === 'FAIL');
  return failed ? 1 : 0;
}

async function webgpuFigures(
  one: Case,
  photo: RasterImage & { data: Uint8Array },
  meter: GpuMeter,
  seconds: number,
  steps: number,
): Promise<StepFigures | { failed: string }> {
  try {
    const portrait = shrunk(photo, one.side);
    const { options, dispose } = optionsOf(one, steps, portrait);
    try {
      return await measureSteps(portrait, options, meter, seconds);
    } finally {
      dispose();
    }
  } catch (error) {
    // One search that this device cannot run must not hide the others: the report names why.
    return { failed: messageOf(error) };
  }
}

async function parityRow(item: Item, secondsLeft: number): Promise<ParityRow> {
  if (secondsLeft <= 0) return { item: item.name, state: 'skipped', why: 'no time was left' };
  const start = performance.now();
  const { state, worst, failed, error } = await measureItem(item);
  const seconds = (performance.now() - start) / 1000;
  note(`${item.name}: ${state}, ${seconds.toFixed(1)} s`);
  const why = error !== undefined ? messageOf(error) : failed.map(({ name }) => name).join(', ');
  return {
    item: item.name,
    state,
    ...(worst && { share: severity(worst), error: worst.error, tolerance: worst.tolerance }),
    seconds,
    ...(why !== '' && { why }),
  };
}

/** RGB bytes of a square picture. */
function readPhoto(path: string) {
  const data = new Uint8Array(readFileSync(path));
  const side = Math.sqrt(data.length / 3);
  if (!Number.isInteger(side)) throw new Error(`${path} is no square RGB picture.`);
  return { width: side, height: side, channels: 3 as const, data };
}

async function adapterInfo(): Promise<object> {
  const { gpu } = globalThis.navigator as unknown as {
    gpu: { requestAdapter(options: object): Promise<{ info: Record<string, unknown> } | null> };
  };
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  const { vendor, architecture, device, description } = adapter?.info ?? {};
  return { vendor, architecture, device, description };
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

/** Progress: stdout is the report's. */
const note = (line: string): void => console.error(line);
