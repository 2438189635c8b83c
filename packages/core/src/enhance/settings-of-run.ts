import * as tf from '@tensorflow/tfjs-core';
import type { Parts } from '../prediction/parts';
import type { ResolvedEnhancement } from './options';
import type { EnhancementSettings } from './types';
import type { WorkingPortrait } from './working-portrait';

/** What was run: every option after defaults, and the parts by name. */
export function settingsOfRun(
  { previewEvery: _, ...resolved }: ResolvedEnhancement['settings'],
  parts: Parts,
  working: WorkingPortrait,
): EnhancementSettings {
  const { reference, companions, trimap, discriminator, perceptual, foreground, judges } = parts;
  return {
    ...resolved,
    workingSize: working.box.frame,
    lossSize: working.lossSize,
    model: reference.name,
    companions: companions.map(({ name }) => name),
    trimap: trimap.name,
    generator: working.generator.name,
    discriminator: discriminator?.name ?? null,
    perceptual: perceptual?.name ?? null,
    judges: judges.map(({ name }) => name),
    foreground: foreground.name,
    backend: tf.getBackend(),
  };
}
