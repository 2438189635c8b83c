/** Address of the weights of the generator. */
export declare const compactGenerator: () => URL;
