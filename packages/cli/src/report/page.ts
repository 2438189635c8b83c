import { escapeHtml } from './escape-html';
import { reportStyle } from './report-style';

/** A self-contained HTML file: style and script inline, nothing loaded. */
export function htmlPage(page: {
  readonly title: string;
  /** On top of the style all reports share. */
  readonly style?: string;
  readonly header: string;
  readonly main: string;
  readonly footer: string;
  readonly script: string;
}): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>${escapeHtml(page.title)} · latent-matte</title>
<style>${reportStyle}${page.style ?? ''}</style>
</head>
<body>
<header>
${page.header}
</header>
<main>
${page.main}
</main>
<footer>${page.footer} This file loads nothing from the network.</footer>
<script>${page.script}</script>
</body>
</html>
`;
}

/** Label above value, in boxes. */
export const keyFigureList = (
  figures: readonly (readonly [label: string, value: string])[],
): string =>
  `<ul class="figures">${figures.map(([label, value]) => `<li><span>${escapeHtml(label)}</span><strong>${escapeHtml(value)}</strong></li>`).join('')}</ul>`;
