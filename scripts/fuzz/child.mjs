// The process in which one target is attacked; whoever forked it watches its time and memory.
const [bundle, target, seed, first] = process.argv.slice(2);
const { attack } = await import(bundle);
await attack(target, Number(seed), Number(first), (message) => process.send(message));
