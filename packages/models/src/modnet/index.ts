export { createModnet, Modnet, type ModnetOptions } from './modnet';
