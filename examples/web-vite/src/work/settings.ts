import type { EnhanceOptions, WebDevice } from '@latent-matte/backend-web/page';
import type { NetworkInput } from '@latent-matte/models';
import { chosen, element, onChosen } from '../elements';
import { PageError } from '../notice';
import { whyNoWebgpu } from './webgpu';

const reference = element<HTMLSelectElement>('reference');
const steps = element<HTMLInputElement>('steps');
const workingSize = element<HTMLSelectElement>('working-size');

/** What is written below the choice of a model. */
const referenceHints: Readonly<Record<string, string>> = {
  'portrait-matte':
    '970 000 parameters, trained for this project. Its weights are for non-commercial use.',
  'guided-filter': 'He, Sun and Tang, 2013: a smooth matte along the edges of the trimap.',
  onnx: 'It is read here and goes nowhere. One picture in, one matte out.',
};

/** What black and white become for a network. */
const ranges: Readonly<Record<string, NetworkInput>> = {
  unit: {},
  signed: { range: [-1, 1] },
  imagenet: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
};

/** Hints that follow the choices. */
export function prepareSettings(): void {
  const showReference = () => {
    element('reference-hint').textContent = referenceHints[reference.value];
    element('onnx').hidden = reference.value !== 'onnx';
  };
  reference.addEventListener('change', showReference);
  showReference();
  void explainDevices();
}

async function explainDevices(): Promise<void> {
  const hint = element('device-hint');
  const missing = await whyNoWebgpu();
  const button = document.querySelector<HTMLInputElement>('input[name="device"][value="webgpu"]')!;
  button.disabled = missing !== undefined && !missing.includes('emulated');
  const show = (device: string) => {
    if (missing !== undefined) {
      hint.textContent =
        device === 'webgpu'
          ? missing
          : `${missing} WebAssembly gives the same result, only slower.`;
    } else {
      hint.textContent =
        device === 'wasm' ? 'On the processor: works everywhere.' : 'On the graphics card.';
    }
  };
  onChosen('device', show);
  show(chosen('device'));
}

/** What the form says. */
export interface Settings {
  readonly device: WebDevice;
  readonly resultSize: number;
  readonly onnx?: { readonly file: File; readonly input: NetworkInput };
  /** The model of a cut-out; absent: the SDK's own. */
  readonly cutOutModel?: string;
  readonly search: EnhanceOptions;
}

/** @throws PageError a model was to come from a file, and there is none */
export function readSettings(): Settings {
  const stepCount = steps.valueAsNumber;
  const onnx = reference.value === 'onnx' ? onnxFile() : undefined;
  const model = onnx?.file.name ?? reference.value;
  return {
    device: readDevice(),
    resultSize: readResultSize(),
    ...(onnx && { onnx }),
    ...(model !== 'portrait-matte' && { cutOutModel: model }),
    search: {
      model,
      steps: stepCount,
      workingSize: Number(workingSize.value),
      advanced: {
        seed: element<HTMLInputElement>('seed').valueAsNumber,
        // Some forty pictures on the way are enough.
        previewEvery: Math.max(1, Math.round(stepCount / 40)),
      },
    },
  };
}

export const readDevice = (): WebDevice => chosen('device') as WebDevice;

/** The longest side that a result may have, pixels. */
export function readResultSize(): number {
  const { value } = element<HTMLSelectElement>('result-size');
  return value === 'full' ? Number.POSITIVE_INFINITY : Number(value);
}

function onnxFile(): NonNullable<Settings['onnx']> {
  const [file] = element<HTMLInputElement>('onnx-file').files ?? [];
  if (file === undefined) {
    throw new PageError(
      'No model file was chosen',
      'The matting model is to come from an ONNX file.',
      'Choose the file, or another model.',
    );
  }
  return { file, input: ranges[element<HTMLSelectElement>('onnx-range').value]! };
}
