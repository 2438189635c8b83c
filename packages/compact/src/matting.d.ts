/** Address of the weights of the matting network. */
export declare const compactMatting: () => URL;
