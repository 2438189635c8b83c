import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/**
 * Makes a page of every source file that the reference links to: with `sourceLinkTemplate`, links go to
 * `sources/PATH.html#L12` of the same site, so that they work without a network and fit the text they describe.
 */
export function addSourcePages(app) {
  app.renderer.postRenderAsyncJobs.push(async ({ project, outputDirectory }) => {
    const files = new Map();
    for (const { sources = [] } of Object.values(project.reflections)) {
      for (const { fileName, fullFileName, url } of sources) {
        if (url !== undefined) files.set(fileName, fullFileName);
      }
    }
    for (const [name, path] of files) {
      const target = join(outputDirectory, 'sources', `${name}.html`);
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, page(name, await readFile(path, 'utf8')));
    }
  });
}

const escaped = (text) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;');

const page = (name, text) => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>${name}</title>
    <style>
      body { margin: 1rem; font: 1rem / 1.5 system-ui, sans-serif; }
      /* A path has no spaces to break at. */
      h1 { overflow-wrap: anywhere; font-size: 1.25rem; }
      pre { overflow-x: auto; font: 0.875rem / 1.5 ui-monospace, monospace; counter-reset: line; }
      pre span { display: block; min-height: 1.5em; counter-increment: line; }
      pre span::before { content: counter(line); display: inline-block; width: 4ch; margin-right: 2ch; text-align: right; opacity: 0.5; }
      pre span:target { background: light-dark(#fff2b3, #4a4215); }
    </style>
  </head>
  <body>
    <h1>${name}</h1>
    <pre tabindex="0">${escaped(text.trimEnd())
      .split('\n')
      .map((line, i) => `<span id="L${i + 1}">${line}</span>`)
      .join('')}</pre>
  </body>
</html>
`;
