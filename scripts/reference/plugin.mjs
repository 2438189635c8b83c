// What the API reference (`pnpm run docs`) adds to TypeDoc: see the files beside it.
import { addCategories } from './categories.mjs';
import { addLandmark } from './landmark.mjs';
import { addOptionValues } from './option-values.mjs';
import { addSourcePages } from './source-pages.mjs';

export function load(app) {
  addCategories(app);
  addOptionValues(app);
  addSourcePages(app);
  addLandmark(app);
}
