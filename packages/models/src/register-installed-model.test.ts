import { expect, it, vi } from 'vitest';
import { registerCatalogue } from './catalogue';
import type { InstalledModel } from './installed-model';
import { registerInstalledModel } from './register-installed-model';

const installed = (id: string) =>
  ({ id, kind: 'matting', license: 'Apache-2.0', files: [] }) as unknown as InstalledModel;

it('A network of the catalogue that was added replaces no other; one that takes a name of the SDK does', () => {
  const warnings = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  try {
    registerCatalogue();
    registerInstalledModel(installed('mediapipe-selfie'));
    expect(warnings).not.toHaveBeenCalled();
    registerInstalledModel(installed('compact-matting'));
    expect(warnings).toHaveBeenCalledExactlyOnceWith(
      expect.stringContaining('"compact-matting" of latent-matte is replaced'),
    );
  } finally {
    warnings.mockRestore();
  }
});
