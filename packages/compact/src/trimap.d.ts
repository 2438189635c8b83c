/** Address of the weights of the trimap network; also those of the perceptual model. */
export declare const compactTrimap: () => URL;
