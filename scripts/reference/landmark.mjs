import { PageEvent } from 'typedoc';

const CONTENT = '<div class="col-content">';

/** The theme names no part of a page as its main one, which readers of screens jump to. */
export function addLandmark(app) {
  app.renderer.on(PageEvent.END, (page) => {
    page.contents = page.contents?.replace(CONTENT, `${CONTENT.slice(0, -1)} role="main">`);
  });
}
