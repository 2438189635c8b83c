export { createDeeplab, type DeeplabOptions, DeeplabV3Resnet50 } from './deeplab';
export { trimapFromPerson } from './person';
