// The setup module of threads that make pairs in tests: a tiny generator and models that are formulas.

import { registerMattingModel } from '@latent-matte/backend-node';
import {
  registerDiscriminator,
  registerGenerator,
  registerTrimapModel,
} from '@latent-matte/backend-node/core';
import {
  createStyleGAN2Generator,
  randomStyleGAN2Weights,
} from '@latent-matte/backend-node/models';
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
