// One of several processes that want the same weights: `resolve-once.mjs CACHE URL SIZE SHA256`. Sends the bytes.
import { createWeightResolver } from '../../dist/models.js';

const [cacheDirectory, url, size, sha256] = process.argv.slice(2);
const resolve = createWeightResolver({ cacheDirectory, allowLoopback: true });
process.send(await resolve({ url, size: Number(size), sha256 }), () => process.exit(0));
