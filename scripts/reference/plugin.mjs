// What the API reference (`pnpm run docs`) adds to TypeDoc: see the three files.
import { addCategories } from './categories.mjs';
import { addOptionValues } from './option-values.mjs';
import { addSourcePages } from './source-pages.mjs';

export function load(app) {
  addCategories(app);
  addOptionValues(app);
  addSourcePages(app);
}
