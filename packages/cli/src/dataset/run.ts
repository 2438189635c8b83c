import { inspectDataset } from '../data/inspect-dataset';
import { printable } from '../evaluate/evaluation-progress';
import type { Terminal } from '../terminal/terminal';
import type { DatasetCheckOptions } from './grammar';

/**
 * `latent-matte dataset check`.
 *
 * @returns 0 when the folder is complete, 1 when something is missing or contradicts itself
 * @throws DatasetError tags or name lists that cannot be read
 */
export async function checkDatasetCommand(
  folder: string,
  { layout, json }: DatasetCheckOptions,
  terminal: Terminal,
): Promise<number> {
  const { found, problems, missing, pictures, backgrounds } = await inspectDataset(folder, layout);
  const usable = problems.length === 0 && (pictures.length > 0 || backgrounds.length > 0);
  const complete = usable && missing.length === 0;
  if (json) {
    const report = { folder, layout, complete, usable, found, problems, missing };
    terminal.out(
      JSON.stringify(
        { ...report, pictures: pictures.length, backgrounds: backgrounds.length },
        null,
        2,
      ),
    );
  } else {
    const verdict = complete
      ? 'complete'
      : usable
        ? 'can be used, but is not complete'
        : 'cannot be used yet';
    const lines = [
      `${folder}, layout ${layout}: ${verdict}`,
      ...found.map((text) => `  found    ${text}`),
      ...missing.map((text) => `  missing  ${text}`),
      ...problems.flatMap(({ message, remedy }) => [
        `  problem  ${message}`,
        `           ${remedy}`,
      ]),
    ];
    terminal.out(lines.map(printable).join('\n'));
  }
  return complete ? 0 : 1;
}
