/** Runs work of different keys at the same time, and of one key in the order in which it came. */
export function onePerKey(): <Result>(key: string, work: () => Promise<Result>) => Promise<Result> {
  const last = new Map<string, Promise<unknown>>();
  return async (key, work) => {
    const earlier = last.get(key);
    const job = earlier === undefined ? work() : earlier.then(work, work);
    last.set(key, job);
    try {
      return await job;
    } finally {
      if (last.get(key) === job) last.delete(key);
    }
  };
}
