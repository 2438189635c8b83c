/** Address of the weights of the encoder of the generator. */
export declare const compactEncoder: () => URL;
