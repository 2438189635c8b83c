import '@tensorflow/tfjs-backend-cpu';
import { expect, it } from 'vitest';
import { keepModels, leaseModel } from './kept-models';

/** Counts what it makes and what is freed. */
function counter() {
  const count = { made: 0, freed: 0 };
  const factory = async (context: object | undefined) => {
    count.made++;
    return { context, dispose: () => void count.freed++ };
  };
  return { count, factory };
}
const settle = () => new Promise((resolve) => setTimeout(resolve));

it('makes a model for every use, unless models are kept', async () => {
  const { count, factory } = counter();
  for (let i = 0; i < 2; i++) (await leaseModel(factory, undefined)).dispose();
  expect(count).toEqual({ made: 2, freed: 2 });
});

it('makes a model once while models are kept, and frees it at the end', async () => {
  const { count, factory } = counter();
  const release = keepModels();
  const leases = await Promise.all([leaseModel(factory, undefined), leaseModel(factory, {})]);
  expect(leases[0].model).toBe(leases[1].model);
  for (const lease of leases) {
    lease.dispose();
    lease.dispose();
  }
  await settle();
  expect(count).toEqual({ made: 1, freed: 0 });
  const other = await leaseModel(factory, { prior: leases[0] });
  expect(other.model).not.toBe(leases[0].model);
  release();
  release();
  await settle();
  // The other one is in use.
  expect(count).toEqual({ made: 2, freed: 1 });
  other.dispose();
  await settle();
  expect(count).toEqual({ made: 2, freed: 2 });
});

it('ends with the last holder, and tries again what failed', async () => {
  const { count, factory } = counter();
  const [first, second] = [keepModels(), keepModels()];
  let fails = true;
  const failing = async () => {
    if (fails) throw new Error('no weights');
    return factory(undefined);
  };
  await expect(leaseModel(failing, undefined)).rejects.toThrow('no weights');
  fails = false;
  (await leaseModel(failing, undefined)).dispose();
  first();
  (await leaseModel(failing, undefined)).dispose();
  await settle();
  expect(count).toEqual({ made: 1, freed: 0 });
  second();
  await settle();
  expect(count).toEqual({ made: 1, freed: 1 });
});
