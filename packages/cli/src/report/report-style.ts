/** Style of `report.html`: light and dark by the reader's setting, no web fonts, prints in black on white. */
export const reportStyle = `
:root {
  color-scheme: light dark;
  --page: #f6f6f4; --card: #ffffff; --ink: #1b1c1e; --soft: #5d6066; --line: #dddcd8;
  --accent: #0b6bcb; --accent-soft: #0b6bcb1f; --warn: #8a5a00; --warn-soft: #fff4dc;
  --check-a: #ffffff; --check-b: #d9d9d9;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #131416; --card: #1c1e21; --ink: #ececea; --soft: #a2a6ad; --line: #34373c;
    --accent: #6cb2ff; --accent-soft: #6cb2ff26; --warn: #f0c36a; --warn-soft: #33290f;
    --check-a: #55585d; --check-b: #3a3d42;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; padding: 2rem clamp(1rem, 4vw, 3rem) 4rem; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
}
main, header, footer { max-width: 76rem; margin: 0 auto; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 0 0 .25rem; }
p { margin: 0 0 .75rem; max-width: 68ch; }
.soft, figcaption, footer { color: var(--soft); }
code { font-family: ui-monospace, "SF Mono", Menlo, Consolas, monospace; font-size: .9em; overflow-wrap: anywhere; }
section {
  background: var(--card); border: 1px solid var(--line); border-radius: 12px;
  padding: 1.25rem clamp(1rem, 2.5vw, 1.75rem) 1.5rem; margin: 1.25rem 0;
}
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(10rem, 1fr)); gap: .8rem; margin: 1.25rem 0; padding: 0; list-style: none; }
.figures li { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: .7rem .9rem; }
.figures span { display: block; color: var(--soft); font-size: .85rem; }
.figures strong { display: block; font-size: 1.1rem; line-height: 1.4; font-variant-numeric: tabular-nums; }
.warnings { background: var(--warn-soft); border-color: var(--warn); }
.warnings h2 { color: var(--warn); }
.warnings ul { margin: .25rem 0 0; padding-left: 1.25rem; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 17rem), 1fr)); gap: 1rem; margin-top: .75rem; }
figure { margin: 0; }
.single { max-width: 34rem; margin-top: .75rem; }
figcaption { font-size: .9rem; margin-bottom: .35rem; }
img { display: block; width: 100%; height: auto; border-radius: 8px; }
figure > img, .compare, .stage { border: 1px solid var(--line); border-radius: 8px; overflow: hidden; }
.compare { position: relative; width: fit-content; max-width: 100%; margin: .75rem auto 0; --at: 50%; }
.compare img { width: auto; max-width: 100%; max-height: 78vh; border-radius: 0; user-select: none; }
.compare .after { position: absolute; inset: 0; width: 100%; height: 100%; max-height: none; clip-path: inset(0 0 0 var(--at)); }
.compare .bar { position: absolute; top: 0; bottom: 0; left: var(--at); width: 2px; margin-left: -1px; background: #fff; box-shadow: 0 0 0 1px #0006; pointer-events: none; }
.compare .bar::after {
  content: "↔"; position: absolute; top: 50%; left: 50%; width: 36px; height: 36px; margin: -18px 0 0 -18px;
  border-radius: 50%; background: #fff; color: #222; display: grid; place-items: center; box-shadow: 0 1px 6px #0008; font-size: 18px;
}
.compare input { position: absolute; inset: 0; width: 100%; height: 100%; margin: 0; opacity: 0; cursor: ew-resize; touch-action: pan-y; }
.compare:focus-within { outline: 3px solid var(--accent); outline-offset: 2px; }
.tag { position: absolute; bottom: 10px; padding: .1rem .6rem; border-radius: 99px; background: #000a; color: #fff; font-size: .85rem; pointer-events: none; }
.tag.left { left: 10px; } .tag.right { right: 10px; }
.stage { width: fit-content; max-width: 100%; margin: .75rem auto 0; background: var(--back, conic-gradient(var(--check-b) 25%, var(--check-a) 0 50%, var(--check-b) 0 75%, var(--check-a) 0) 0 0 / 24px 24px); }
.stage img { width: auto; max-width: 100%; max-height: 70vh; border-radius: 0; }
.swatches { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; margin-top: .5rem; }
.swatches button { font: inherit; font-size: .9rem; color: inherit; background: var(--page); border: 1px solid var(--line); border-radius: 99px; padding: .25rem .8rem .25rem .4rem; display: inline-flex; gap: .45rem; align-items: center; cursor: pointer; }
.swatches button i { width: 1.2rem; height: 1.2rem; border-radius: 50%; border: 1px solid var(--line); background: var(--swatch); }
.swatches button[aria-pressed="true"] { border-color: var(--accent); background: var(--accent-soft); }
.swatches label { display: inline-flex; gap: .45rem; align-items: center; font-size: .9rem; }
.swatches input { width: 2.4rem; height: 1.9rem; padding: 0; border: 1px solid var(--line); border-radius: 6px; background: none; }
button:focus-visible, input:focus-visible, summary:focus-visible, a:focus-visible, .scroll:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 19rem), 1fr)); gap: 1rem 1.5rem; margin-top: .75rem; }
.chart svg { width: 100%; height: auto; display: block; overflow: visible; }
.chart text { fill: var(--soft); font-size: 11px; font-variant-numeric: tabular-nums; }
.chart .grid { stroke: var(--line); }
.chart .series { fill: none; stroke: var(--accent); stroke-width: 2; stroke-linejoin: round; }
.chart .best { stroke: var(--soft); stroke-dasharray: 3 3; }
.chart .dot { fill: var(--accent); }
.chart .marker { fill: var(--accent); stroke: var(--card); stroke-width: 2; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .93rem; margin-top: .5rem; }
th, td { text-align: left; padding: .3rem 1.25rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-weight: 600; }
tbody th { font-weight: 400; color: var(--soft); white-space: nowrap; }
.numbers td, .numbers thead th:not(:first-child) { text-align: right; }
.numbers .returned > * { background: var(--accent-soft); }
summary { cursor: pointer; margin-top: 1rem; }
footer { font-size: .9rem; margin-top: 2rem; }
@media print { body { background: #fff; padding: 0; } section { break-inside: avoid; } .swatches, .compare .bar { display: none; } }
`;
