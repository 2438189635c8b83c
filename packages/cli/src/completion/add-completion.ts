import tab from '@bomb.sh/tab/commander';
import type { Command } from 'commander';

/**
 * `latent-matte completion bash|zsh|fish|powershell` prints what a shell needs to complete commands, flags and their
 * words; the shell then asks `latent-matte complete -- …`. To be called when all commands are there.
 */
export function addCompletion(program: Command): void {
  tab(program, { completionCommandName: 'completion' });
  program.commands
    .find((command) => command.name() === 'completion')!
    .description('print the completions of a shell: source <(latent-matte completion bash)');
}
