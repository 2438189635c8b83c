/** What the report of an evaluation adds to the shared style. */
export const evaluationStyle = `
:root { --better: #0b7a53; --worse: #b3451d; }
@media (prefers-color-scheme: dark) { :root { --better: #4cc79a; --worse: #f08a5d; } }
.chart .better { fill: var(--better); fill-opacity: .8; } .chart .worse { fill: var(--worse); fill-opacity: .8; }
.chart .zero { stroke: var(--soft); stroke-dasharray: 3 3; }
td.better { color: var(--better); } td.worse { color: var(--worse); }
.numbers { width: 100%; } .numbers th, .numbers td { white-space: nowrap; padding-right: 1rem; }
.numbers td:last-child, .numbers th:last-child { padding-right: 0; }
.numbers tbody th { color: var(--ink); } .numbers tr.sub th { padding-left: 1.2rem; color: var(--soft); }
.numbers tr.main > * { font-weight: 650; border-top: 2px solid var(--line); }
.rows thead th { position: sticky; top: 0; background: var(--card); }
.scroll.tall { max-height: 36rem; overflow: auto; }
.sort { font: inherit; font-weight: 600; color: inherit; background: none; border: 0; padding: 0; cursor: pointer; }
.sort::after { content: " ↕"; color: var(--soft); } [aria-sort="ascending"] .sort::after { content: " ↑"; } [aria-sort="descending"] .sort::after { content: " ↓"; }
.cases { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(45%, 14rem), 1fr)); gap: .6rem; margin: .5rem 0 1.25rem; }
.cases figure { min-width: 0; } .cases figcaption { font-size: .8rem; margin-bottom: .2rem; }
.charts.quarters { grid-template-columns: repeat(auto-fill, minmax(min(100%, 15rem), 1fr)); }
.cases img { border-radius: 4px; }
.scroll + .soft { margin-top: .75rem; }
h3 { font-size: 1rem; margin: 1.25rem 0 .1rem; }
@media print {
  .sort::after { content: ""; } .scroll { overflow: visible; } .scroll.tall { max-height: none; }
  .cases { grid-template-columns: repeat(4, 1fr); } .rows { break-inside: auto; }
  .rows thead th { position: static; }
}
`;
