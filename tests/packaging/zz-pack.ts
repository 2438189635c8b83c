import { packWorkspace } from '/tmp/wt/cutout/tests/packaging/packed-workspace.ts';
const made = await packWorkspace();
console.log(JSON.stringify(made, null, 1));
