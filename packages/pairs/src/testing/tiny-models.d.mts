export function registerTinyModels(mocks: object, api: object): void;
