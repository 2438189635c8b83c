/**
 * The script of the worker. `useWebBackend({ worker: true })` starts it; a worker script of an application imports it
 * to add models of its own:
 *
 *     import '@latent-matte/backend-web/worker';
 *     registerMattingModel('mine', () => new MyModel());
 *
 * @module @latent-matte/backend-web/worker
 */
import '@latent-matte/models';
import * as comlink from 'comlink';
import { WorkerHost } from './worker/worker-host';

comlink.expose(new WorkerHost());
