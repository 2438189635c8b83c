import { Presets, SingleBar } from 'cli-progress';

/** A bar that leaves no trace. The command itself decides what Ctrl-C does. */
export function progressBar(stream: NodeJS.WriteStream, format: string): SingleBar {
  return new SingleBar(
    {
      format,
      stream,
      hideCursor: true,
      clearOnComplete: true,
      barsize: 24,
      gracefulExit: false,
    },
    Presets.shades_classic,
  );
}
