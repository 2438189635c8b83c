import { Comment, CommentTag, Converter, ReflectionKind } from 'typedoc';

/** What is declared in a place belongs to a category: the first that fits. Rooms of core as in docs/architecture.md. */
const categories = [
  ['core/src/cutout/', 'Cut-outs'],
  ['core/src/(enhance|search)/', 'Enhancement'],
  ['core/src/(foreground|matting)/', 'Mattes and foreground colours'],
  ['core/src/imaging/', 'Pictures'],
  ['core/src/(invert|latents)/', 'Latents and inversion'],
  ['core/src/(registry|kept-models)', 'Models by name'],
  ['core/src/contracts/', 'Parts of your own'],
  ['core/src/(errors|packed-error)', 'Errors'],
  ['core/src/evaluate/', 'Evaluation'],
  ['core/src/finetune/', 'Fine-tuning'],
  ['core/src/generate/', 'Pairs'],
  ['core/src/losses/', 'Losses'],
  ['core/src/metrics/', 'Metrics'],
  ['core/src/optimizer/', 'Optimisers'],
  ['core/src/solvers/', 'Solvers'],
  ['core/src/ops/', 'Operators'],
  ['core/src/prediction/', 'Mattes and foreground colours'],
  ['core/src/random', 'Random numbers'],
  ['core/src/testing/', 'Conformance'],
  ['core/src/weights/', 'Checkpoints and weights'],
  ['models/src/adapters/', 'Models of your own'],
  ['models/src/(model-file|load-model|load-compact|embedded|installed|register)', 'Loading'],
  ['models/src/catalogue/', 'Catalogue'],
  ['models/src/(layers)/', 'Layers'],
  ['models/src/(stylegan2|compact-stylegan2|residual|layered|e4e)', 'Generators and encoders'],
  ['models/src/(vgg16|lpips)/', 'Perceptual networks'],
  ['models/src/', 'Matting and segmentation networks'],
  ['backend-(node|web)/src/cut-out/', 'Cut-outs'],
  ['backend-(node|web)/src/(image|read-image|to-blob|to-image-data|encoded-size)', 'Pictures'],
  ['backend-node/src/files/', 'Files'],
  ['backend-node/src/pool/', 'Worker pools'],
  ['backend-(node|web)/src/(weights|resolve-weights|published-name)', 'Weights'],
  ['backend-(node|web)/src/', 'Backend'],
  ['pairs/src/(queue|bucket|object|open-object|folder)', 'Queue and stores'],
  ['pairs/src/', 'Pairs'],
  ['cli/src/report/', 'Reports'],
  ['cli/src/terminal/', 'Terminal'],
  ['cli/src/', 'Commands'],
  ['compact/src/', 'Weights'],
].map(([place, title]) => [new RegExp(`packages/${place}`), title]);

/** Puts every export of a module into the category of the room that it is declared in. */
export function addCategories(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    const modules = project.getReflectionsByKind(ReflectionKind.Module);
    for (const member of modules.flatMap(({ children = [] }) => children)) {
      const declaration = member.isReference() ? member.tryGetTargetReflectionDeep() : member;
      const file = declaration?.sources?.[0]?.fullFileName;
      const title = categories.find(([place]) => file && place.test(file))?.[1];
      if (title === undefined) continue;
      const comment = member.comment ?? member.signatures?.[0]?.comment ?? new Comment();
      if (comment.getTag('@category') !== undefined) continue;
      comment.blockTags.push(new CommentTag('@category', [{ kind: 'text', text: title }]));
      member.comment ??= member.signatures?.[0]?.comment ? undefined : comment;
    }
  });
}
