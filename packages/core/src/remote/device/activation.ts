import type { BackendLimits } from '../../contracts';
import type { DeviceFailure } from './device-failure';

/** A device that could not be activated, and why, as half a sentence for a person. */
export interface Refusal {
  readonly refused: string;
  /** Overrides the device's usual remedy. */
  readonly remedy?: string;
  readonly cause?: unknown;
}

/** A device that is now tfjs's backend. */
export interface Activation {
  /** tfjs backend name: `tensorflow`, `webgpu`, `wasm` or `cpu`. */
  readonly backend: string;
  /** Of the package that computes. */
  readonly version: string;
  /** What was started, for people. */
  readonly detail: string;
  readonly limits: BackendLimits;
  /** A GPU that is emulated on the CPU: right, and slower than wasm. */
  readonly software?: boolean;
  /** What went wrong on the device since it was started, if anything. Asked before each call and after each step. */
  failure?(): DeviceFailure | undefined;
  /** Waits until what the device was told to do can have failed: before a result is believed. */
  settle?(): Promise<void>;
  /** What an error means on this device, when it means something. */
  explain?(error: unknown): Promise<DeviceFailure | undefined>;
  /** Gives the device back, so that another can be started. */
  dispose?(): void;
}

export const isRefusal = (value: Activation | Refusal): value is Refusal => 'refused' in value;

/** Whether anything is known about how the device fails. */
export const isWatched = ({ failure, explain }: Activation): boolean =>
  failure !== undefined || explain !== undefined;
