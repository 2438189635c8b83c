/** Address of the weights of the discriminator that the generator was trained against. */
export declare const compactFaceDiscriminator: () => URL;
