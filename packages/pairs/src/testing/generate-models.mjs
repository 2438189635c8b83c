// The setup module of threads that make pairs in tests: a tiny generator and models that are formulas.

import {
  createStyleGAN2Generator,
  randomStyleGAN2Weights,
  registerDiscriminator,
  registerGenerator,
  registerMattingModel,
  registerTrimapModel,
} from '@latent-matte/backend-node';
import { mockDiscriminator, mockMattingModel, mockTrimapModel } from '@latent-matte/core/testing';
import { registerTinyModels } from './tiny-models.mjs';

registerTinyModels(
  { mockDiscriminator, mockMattingModel, mockTrimapModel },
  {
    createStyleGAN2Generator,
    randomStyleGAN2Weights,
    registerDiscriminator,
    registerGenerator,
    registerMattingModel,
    registerTrimapModel,
  },
);
