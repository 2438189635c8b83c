/** Address of the weights of the discriminator of composites. */
export declare const compactDiscriminator: () => URL;
