// A cold start in a process of its own, `startup-run.mjs DEVICE`: milliseconds since the process began, as JSON.
// Plain JavaScript on the built packages: a compiler would be measured too.
const since = () => performance.now();

const { enhancePortrait, useNodeBackend } = await import('@latent-matte/backend-node');
const { loadCompactMatting, loadCompactTrimap } = await import('@latent-matte/backend-node/models');
const imported = since();
await useNodeBackend({ device: process.argv[2] });
const started = since();
const models = [await loadCompactTrimap(), await loadCompactMatting()];
const loaded = since();
for (const model of models) model.dispose();
const side = 256;
const data = new Float32Array(side * side * 3);
for (let i = 0; i < side * side; i++) {
  const inside = Math.hypot((i % side) - 128, Math.floor(i / side) - 128) < 85;
  data.set(inside ? [0.8, 0.6, 0.5] : [0.2, 0.4, 0.3], i * 3);
}
const begun = since();
await enhancePortrait(
  { width: side, height: side, channels: 3, data },
  { steps: 0, workingSize: side, advanced: { select: 'last', weights: { agreement: 0 } } },
);
console.log(
  JSON.stringify({
    import: imported,
    backend: started - imported,
    weights: loaded - started,
    'first matte of 256²': since() - begun,
  }),
);
process.exit(0);
