// The setup module of the pool's tests: small models, and some that fail.
import { mockMattingModel, mockTrimapModel } from '@latent-matte/core/testing';
import { registerTrimapModel } from '../../dist/core.js';
import { registerMattingModel } from '../../dist/index.js';

registerTrimapModel('mock', () => mockTrimapModel());
registerMattingModel('mock', () => mockMattingModel());
registerMattingModel('endless', () => {
  for (;;);
});
registerMattingModel('crashing', () => process.exit(3));
registerMattingModel('throwing', () => {
  // In no promise of ours: it reaches the thread itself.
  setImmediate(() => {
    throw new Error('wild');
  });
  return new Promise(() => undefined);
});
