import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core';
import type { KernelCorrection } from '../corrections/types';
import { PICTURE } from '../layered-picture-on-processor';
import { runShader, type Shader, type WebgpuBackend } from './shader';

/** Name of the kernel of the gradient of a layered picture in its enlarged fields, `[N, H, W, 12]`. */
export const FIELD_GRADIENT = 'LatentMatteLayeredPictureFieldGradient';

const GROUP = 64;
const READS = ['grid', 'image', 'alpha', 'foreground', 'background', 'band'] as const;

/** Where a place lies between the samples of an axis: `beforeY`, `behindY`, `shareY`. */
const between = (axis: string, at: string, from: string, to: string) => `
  let at${axis} = max(0.0, (f32(${at}) + 0.5) * f32(${from}) / f32(${to}) - 0.5);
  let before${axis} = min(${from} - 1, i32(at${axis}));
  let behind${axis} = min(${from} - 1, before${axis} + 1);
  let share${axis} = at${axis} - floor(at${axis});`;

/** Of the pixel `place` of picture `n`, in channel c: `t` = tanh(change / r), `f` and `b` the layers, `a` alpha. */
const CHANGE = `
  let f = foreground[3 * place + c];
  let b = background[3 * place + c];
  let change = a * (field(first + c) + field(first + c + 3) * f) +
    (1.0 - a) * (field(first + c + 6) + field(first + c + 9) * b);
  let t = tanh(change / uniforms.range);`;

/** `field` reads between four samples, of which the corners are kept in private memory. */
const BEFORE = `
  var<private> corners : vec4<i32>;
  var<private> shares : vec4<f32>;
  fn field(c : i32) -> f32 {
    return dot(shares, vec4<f32>(grid[corners.x + c], grid[corners.y + c], grid[corners.z + c], grid[corners.w + c]));
  }`;

const START = `
  let places = uniforms.height * uniforms.width;
  let place = index % places;
  let x = place % uniforms.width;
  let y = place / uniforms.width;
  ${between('Y', 'y', 'uniforms.rows', 'uniforms.height')}
  ${between('X', 'x', 'uniforms.samples', 'uniforms.width')}
  corners = 12 * vec4<i32>(
    beforeY * uniforms.samples + beforeX, beforeY * uniforms.samples + behindX,
    behindY * uniforms.samples + beforeX, behindY * uniforms.samples + behindX);
  shares = vec4<f32>(
    (1.0 - shareY) * (1.0 - shareX), (1.0 - shareY) * shareX, shareY * (1.0 - shareX), shareY * shareX);
  let first = (index / places) * uniforms.rows * uniforms.samples * 12;
  let a = alpha[place];
  let w = band[place];`;

/** One thread for each pixel, of one of N pictures. */
function kernel(
  kernelName: string,
  depth: 3 | 12,
  shader: Pick<Shader, 'key' | 'body'> & { readonly reads: readonly string[] },
): KernelCorrection {
  return {
    kernelName,
    backendName: 'webgpu',
    replaces: false,
    kernelFunc: (({ inputs, attrs, backend }) => {
      const given = inputs as Record<string, TensorInfo>;
      const [n, rows, samples] = given.grid!.shape as [number, number, number];
      const [, height, width] = given.image!.shape as [number, number, number];
      return runShader(
        backend as unknown as WebgpuBackend,
        {
          key: shader.key,
          reads: shader.reads,
          widths: shader.reads.map(() => 1 as const),
          width: 1,
          integers: ['rows', 'samples', 'height', 'width'],
          numbers: ['range'],
          group: GROUP,
          groups: Math.ceil((n * height * width) / GROUP),
          before: BEFORE,
          body: `if (index < uniforms.size / ${depth}) { ${START} ${shader.body} }`,
        },
        shader.reads.map((name) => given[name]!),
        [n, height, width, depth],
        { rows, samples, height, width, range: (attrs as unknown as { range: number }).range },
      );
    }) as KernelFunc,
  };
}

export const layeredPictureShaders: readonly KernelCorrection[] = [
  kernel(PICTURE, 3, {
    key: 'layeredPicture',
    reads: READS,
    body: `for (var c = 0; c < 3; c++) {
      ${CHANGE}
      result[3 * index + c] = image[3 * place + c] + w * uniforms.range * t;
    }`,
  }),
  kernel(FIELD_GRADIENT, 12, {
    key: 'layeredPictureFieldGradient',
    // Seven buffers and the result are all that every device has.
    reads: [...READS.filter((name) => name !== 'image'), 'dy'],
    body: `for (var c = 0; c < 3; c++) {
      ${CHANGE}
      let slope = dy[3 * index + c] * w * (1.0 - t * t);
      result[12 * index + c] = slope * a;
      result[12 * index + c + 3] = slope * a * f;
      result[12 * index + c + 6] = slope * (1.0 - a);
      result[12 * index + c + 9] = slope * (1.0 - a) * b;
    }`,
  }),
];
