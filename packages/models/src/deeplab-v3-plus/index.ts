export { createDeeplabV3Plus, DeeplabV3PlusResnet101 } from './deeplab-v3-plus';
