import type { LongCall, LongCallName, RasterImage } from '../../contracts';
import type { CutOutOptions, MatteOptions } from '../../cutout';
import { cutOut, matte, preload } from '../../cutout';
import { enhancePortraitSteps } from '../../enhance/enhance-portrait-steps';
import { type EstimateForegroundOptions, estimateForeground } from '../../foreground';
import { generatePortraits } from '../../generate/generate-portraits';
import { labelPortraits } from '../../generate/label-portraits';
import { invertPortraitSteps } from '../../invert/invert-portrait-steps';
import { answerOf } from '../../long-call';
import { closedFormMatting, refineMatte } from '../../matting';

/** Every long call by its name, as steps: what another thread runs. */
export const longCalls = {
  enhancePortrait: enhancePortraitSteps,
  invertPortrait: invertPortraitSteps,
  generatePortraits,
  labelPortraits,
  estimateForeground: (
    image: RasterImage,
    alpha: RasterImage,
    options?: EstimateForegroundOptions,
  ) => answerOf(() => estimateForeground(image, alpha, options)),
  refineMatte: (...args: Parameters<typeof refineMatte>) => answerOf(() => refineMatte(...args)),
  closedFormMatting: (...args: Parameters<typeof closedFormMatting>) =>
    answerOf(() => closedFormMatting(...args)),
  cutOut: (photo: RasterImage, options?: CutOutOptions) => answerOf(() => cutOut(photo, options)),
  matte: (photo: RasterImage, options?: MatteOptions) => answerOf(() => matte(photo, options)),
  preload: (options?: MatteOptions) => answerOf(() => preload(options)),
} satisfies Record<LongCallName, (...args: never[]) => AsyncGenerator<unknown, unknown, void>>;

export type LongCalls = typeof longCalls;

/** What a long call returns at its end. */
export type ResultOf<Name extends LongCallName> =
  ReturnType<LongCalls[Name]> extends AsyncGenerator<unknown, infer Result, void> ? Result : never;

/** What a long call yields on the way. */
export type StepOf<Name extends LongCallName> =
  ReturnType<LongCalls[Name]> extends AsyncGenerator<infer Step, unknown, void> ? Step : never;

/** Arguments before the options. */
const inputs: Readonly<Record<LongCallName, number>> = {
  enhancePortrait: 1,
  invertPortrait: 1,
  generatePortraits: 0,
  labelPortraits: 0,
  estimateForeground: 2,
  refineMatte: 3,
  closedFormMatting: 2,
  cutOut: 1,
  matte: 1,
  preload: 0,
};

/** A call with its options, also where the caller left them out. */
export const completeCall = (name: LongCallName, args: readonly unknown[]): LongCall => ({
  name,
  arguments: [...args.slice(0, inputs[name]), args[inputs[name]] ?? {}],
});
