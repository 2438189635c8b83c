export { createFba, Fba, type FbaLayers } from './fba';
