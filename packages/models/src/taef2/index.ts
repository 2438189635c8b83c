export { createTaef2, createTaef2Generator } from './create-taef2';
export { joinTaef2Files } from './join-files';
