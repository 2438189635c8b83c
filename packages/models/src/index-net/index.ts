export { createIndexNet, IndexNet, type IndexNetOptions } from './index-net';
