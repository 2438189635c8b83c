import {
  type DeviceReport,
  enhancePortrait,
  listDevices,
  useNodeBackend,
} from '@latent-matte/backend-node';
import { discPortrait } from '../disc-portrait';
import type { Section } from '../section';

/** Steps of a run; the start costs about one more. */
const STEPS = 4;

/** Working sizes: what users run, and what a slow device finishes. */
const USUAL = [256, 512];
const SLOW = [128];

export const steps: Section = {
  name: 'steps',
  title: "one step of the preset fast, of the quickstart's loop, on every device",
  async run(bench) {
    const wasm = new Map<number, number>();
    const reports = await listDevices();
    // wasm first: it runs everywhere, and the others are told relative to it.
    reports.sort((a, b) => Number(b.device === 'wasm') - Number(a.device === 'wasm'));
    for (const report of reports) {
      if (!report.available) {
        bench.skip(report.device, report.detail);
        continue;
      }
      await useNodeBackend({ device: report.device });
      for (const size of sizesFor(report)) {
        const { seconds } = await enhancePortrait(discPortrait(size), {
          steps: STEPS,
          workingSize: size,
          advanced: { select: 'last' },
        });
        const step = seconds / (STEPS + 1);
        if (report.device === 'wasm') wasm.set(size, step);
        const faster = (wasm.get(size) ?? Number.NaN) / step;
        const note = report.device === 'wasm' ? report.detail : `${faster.toPrecision(2)}× wasm`;
        bench.report(`${report.device}, working size ${size}²`, step, 's/step', note);
      }
    }
    // The sections after this one run on what was asked for.
    await useNodeBackend({ device: bench.backend.chosenDevice });
  },
};

function sizesFor({ device, software }: DeviceReport): readonly number[] {
  if (device === 'wasm') return [...SLOW, ...USUAL];
  return device === 'cpu' || software ? SLOW : USUAL;
}
