export { createE4e, E4e } from './e4e';
