export { createVgg16, Vgg16, type Vgg16Layer, type Vgg16Options } from './vgg16';
