export { createLpipsSqueeze, LpipsSqueeze } from './lpips';
