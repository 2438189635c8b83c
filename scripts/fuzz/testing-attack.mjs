// For the test of watch.ts: a process whose inputs fail in every way, one after the other.
export async function attack(target, _seed, first, send) {
  for (let at = first; ; at++) {
    send({ at });
    await new Promise((resolve) => setTimeout(resolve, 150));
    if (target === 'fine') continue;
    if (at === 1) return send({ at, error: 'TypeError: raw\n    at somewhere' });
    if (at === 3) process.exit(7);
    if (at === 5) for (;;);
    if (at === 7) {
      const kept = [];
      for (let i = 0; i < 20; i++) kept.push(Buffer.alloc(100e6, 1));
      await new Promise((resolve) => setTimeout(resolve, 5000, kept));
    }
  }
}
