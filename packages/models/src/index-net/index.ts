export { createIndexNet, IndexNet } from './index-net';
