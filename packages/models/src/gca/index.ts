export { createGca, Gca, type GcaOptions } from './gca';
