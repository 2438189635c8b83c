/** A room of a package: a folder of its sources, or a file beside the folders, named without its ending. */
export interface Room {
  readonly name: string;
  readonly holds: string;
}

const room = (name: string, holds: string): Room => ({ name, holds });

/**
 * The column of core. A room imports from the rows above its own, and within its row from the rooms to its left. A room
 * that stands nowhere here is an offence: give it its place.
 */
export const coreColumn: readonly (readonly Room[])[] = [
  [
    room('contracts', 'the interfaces of every exchangeable part; types only, a leaf'),
    room('errors', 'every error, with its remedy'),
    room('interrupt', 'what stops a long synchronous computation of a thread'),
    room('assert-options', 'what was given in the place of options, for messages'),
    room('random', 'seeded random numbers'),
    room('drain-steps', 'a generator of steps run to its end'),
    room('packed-error', 'errors as data that crosses a thread'),
  ],
  [
    room('ops', 'differentiable building blocks; corrections of tfjs gradients, wrong or slow'),
    room('imaging', 'pictures as plain data: letterbox, compositing, trimaps, backgrounds'),
    room('losses', 'one file per loss'),
    room('metrics', 'Grad, Conn, MSE, SAD, PSNR, SSIM'),
    room('weights', 'safetensors, PyTorch and StyleGAN2-ADA checkpoints, tfjs manifests'),
    room('optimizer', "Adam with PyTorch's coupled weight decay; gradients in segments"),
  ],
  [
    room('backend-in-use', 'the backend in use'),
    room('active-backend', 'puts a backend in use that computes on this thread'),
    room('long-call', 'where a long public function runs: here, or where the backend says'),
  ],
  [room('solvers', 'sliced work; conjugate gradients')],
  [
    room('foreground', 'foreground colours: multi-level, closed form, blur fusion; cut-outs'),
    room('matting', 'closed-form matting, the baseline without a network'),
  ],
  [room('kept-models', 'models that several calls share')],
  [room('registry', 'names of models')],
  [room('latents', 'latent codes, moved latents, their files')],
  [room('prediction', 'models asked about a picture: matte, views, fixed target, limits')],
  [room('search', 'options, presets, objective, latent search, trust region')],
  [
    room('cutout', 'cut-outs and mattes of photographs, in one call'),
    room('invert', "latents of a photo: W+ then noise, or NVlabs' projector"),
    room('enhance', 'the optimisation loop: Algorithm 1'),
    room('generate', 'portrait and alpha pairs from random latents (III-C)'),
    room('evaluate', 'original against enhanced over many pictures: intervals, tests, groups'),
    room('finetune', 'training a matting model on pairs (IV-E)'),
  ],
  [
    room('remote', 'what crosses to a worker: options, errors, pictures'),
    room('testing', 'conformance suites and mock models: `@latent-matte/core/testing`'),
  ],
  [
    room('gradients', 'registers the gradients that tfjs leaves out in Node'),
    room('caller', 'the side of a call that computes nothing, an entry without a tensor'),
    room('options', 'the tables of options, an entry'),
    room('operators', 'the entry `/ops`: operators, losses, optimisers, solvers'),
    room('internal', 'what the packages of this repository share: the entry `/internal`'),
    room('internals', 'for tests of this repository; no entry'),
    room('index', 'the entry'),
  ],
];

/** What a room that imports nothing may still name: types of tensors. */
export const leaves: Readonly<Record<string, readonly string[]>> = {
  contracts: ['@tensorflow/tfjs-core'],
};

/** The packages, by their folders, read like the column of core: dependencies point up or to the left. */
export const packageColumn: readonly (readonly Room[])[] = [
  [
    room(
      'tfjs-core',
      'the core of TensorFlow.js without its tests and spare builds, for what is published',
    ),
    room('core', 'everything below that needs no network of its own'),
  ],
  [
    room('compact', 'the embedded weights, with their licence'),
    room('compact-generator', 'the weights of the generator, installed apart'),
    room('models', 'networks, adapters, the catalogue'),
    room(
      'files',
      'private: files and folders that are complete or absent, a part of what imports it',
    ),
  ],
  [
    room('backend-node', 'devices, image files, weight cache and worker pool of Node'),
    room('backend-web', 'devices, canvas images, cached weights and the worker of pages'),
  ],
  [room('pairs', 'queue, object stores, generation runs')],
  [room('cli', 'the command line')],
  [
    room('test-kit', 'private: backends, fixtures, oracles and servers of our tests'),
    room('training', 'private: trains the embedded networks'),
  ],
];
