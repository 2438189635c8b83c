import { expect, it, vi } from 'vitest';
import './index';
import type { InstalledModel } from './installed-model';
import { registerInstalledModel } from './register-installed-model';

const installed = (model: Partial<InstalledModel>): InstalledModel => ({
  id: 'mediapipe-selfie',
  network: 'mediapipe-selfie',
  kind: 'matting',
  license: 'Apache-2.0',
  files: [],
  sha256: '0'.repeat(64),
  ...model,
});

it('warns of a name of this SDK that another model takes, and not of its own, added with `models add`', () => {
  const warned = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  try {
    registerInstalledModel(installed({}));
    expect(warned).not.toHaveBeenCalled();
    registerInstalledModel(installed({ network: '/home/me/mine.onnx' }));
    registerInstalledModel(installed({ id: 'portrait-matte', network: '/home/me/mine.onnx' }));
    expect(warned.mock.calls.flat()).toEqual([
      expect.stringContaining('"mediapipe-selfie" of latent-matte is replaced'),
      expect.stringContaining('"portrait-matte" of latent-matte is replaced'),
    ]);
  } finally {
    warned.mockRestore();
  }
});
