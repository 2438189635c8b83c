import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

/** Work that a peer knows. */
export type PeerJob =
  | { readonly work: 'onnx'; readonly model: string; readonly shape: readonly number[] }
  | {
      readonly work: string;
      readonly width: number;
      readonly height: number;
      readonly image: Float32Array;
      readonly alpha: Float32Array;
      readonly trimap: Float32Array;
    };

/** CPU time of one run there, or why there is none. */
export type PeerAnswer =
  | { readonly milliseconds: number; readonly library: string; readonly missing?: undefined }
  | { readonly missing: string };

/** A process with the libraries that an expert would use, on one thread. Started when it is first asked. */
export class Peer {
  readonly #command: string;
  readonly #script: string;
  #child: ChildProcessByStdio<Writable, Readable, null> | undefined;
  #lines: AsyncIterator<string> | undefined;
  #folder: string | undefined;
  readonly #written = new Map<Float32Array, string>();

  private constructor(command: string, script: string) {
    this.#command = command;
    this.#script = script;
  }

  /** onnxruntime and pymatting. */
  static inPython(): Peer {
    return new Peer('python3', 'scripts/bench/peers/peer.py');
  }

  /** onnxruntime-web, in WebAssembly as in a page: ONNX files alone. */
  static inWebAssembly(): Peer {
    return new Peer(process.execPath, 'scripts/bench/peers/web-peer.mjs');
  }

  async run(job: PeerJob): Promise<PeerAnswer> {
    if (this.#child === undefined) {
      this.#folder = await mkdtemp(join(tmpdir(), 'latent-matte-peer-'));
      const child = spawn(this.#command, [this.#script], {
        stdio: ['pipe', 'pipe', 'ignore'],
      });
      // Where the command is not installed the lines end at once.
      child.on('error', () => child.stdout.destroy());
      child.stdin.on('error', () => undefined);
      this.#child = child;
      this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    }
    const entries = Object.entries(job).map(async ([name, value]) => [
      name,
      value instanceof Float32Array ? await this.#file(value) : value,
    ]);
    const plain = Object.fromEntries(await Promise.all(entries));
    this.#child.stdin.write(`${JSON.stringify(plain)}\n`);
    const { value, done } = await this.#lines!.next();
    return done ? { missing: `${this.#command} does not run` } : JSON.parse(value);
  }

  async #file(values: Float32Array): Promise<string> {
    const known = this.#written.get(values);
    if (known !== undefined) return known;
    const path = join(this.#folder!, `${this.#written.size}`);
    this.#written.set(values, path);
    await writeFile(path, values);
    return path;
  }

  async close(): Promise<void> {
    this.#child?.stdin.end();
    if (this.#folder !== undefined) await rm(this.#folder, { recursive: true });
  }
}
