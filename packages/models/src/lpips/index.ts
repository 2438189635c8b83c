export { Lpips } from './lpips';
export { createLpipsSqueeze, LpipsSqueeze } from './lpips-squeeze';
export { createLpipsVgg, LpipsVgg } from './lpips-vgg';
