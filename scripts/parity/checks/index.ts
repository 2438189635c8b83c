import { dimFoamliu, dimHuochaitiantang } from './deep-image-matting';
import { deeplab, deeplabV3Plus } from './deeplab';
import { fba } from './fba';
import type { FixtureCheck } from './fixture-check';
import { blurFusion, foreground } from './foreground';
import { gca, gcaPipeline } from './gca';
import { indexnet } from './indexnet';
import { losses } from './losses';
import { closedFormMatting } from './matting';
import { metrics } from './metrics';
import { modnet } from './modnet';
import { officialInversion } from './official-inversion';
import { officialLoop } from './official-loop';
import { officialLosses } from './official-losses';
import { officialMetrics } from './official-metrics';
import { lpips, lpipsVgg, vgg16 } from './perceptual';
import { rvm } from './rvm';
import { adaPickle, discriminators, generators } from './stylegan2';

/** The table: add a room here. The first match counts; an item nobody matches is reported as `missing`. */
export const fixtureChecks: readonly FixtureCheck[] = [
  metrics,
  losses,
  foreground,
  blurFusion,
  closedFormMatting,
  vgg16,
  lpips,
  lpipsVgg,
  deeplab,
  deeplabV3Plus,
  modnet,
  rvm,
  dimFoamliu,
  dimHuochaitiantang,
  indexnet,
  gca,
  gcaPipeline,
  fba,
  generators,
  discriminators,
  adaPickle,
  officialLosses,
  officialLoop,
  officialInversion,
  officialMetrics,
];
