export { createTaef2, createTaef2Generator } from './create-taef2';
export { joinTaef2Files } from './join-files';
export { Taef2, type Taef2Options } from './taef2';
export { Taef2Generator, type Taef2GeneratorOptions } from './taef2-generator';
