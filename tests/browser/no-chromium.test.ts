import { it } from 'vitest';

// Runs only where there is no Chromium, so that what is left out has a name in the report.
it.skip('tests in a real browser: no Chromium found (apt install chromium, or set LATENT_MATTE_CHROMIUM)', () => {});
