// The worker script imports modules, so it has to stay one.
export default { base: './', worker: { format: 'es' } };
