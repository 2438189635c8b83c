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
    .description('print the completions of a shell: source <(latent-matte completion bash)')
    // The library writes there itself, too.
    .hook('preAction', ({ args: [shell] }) => {
      if (shell === 'bash') console.log(BASH_WITHOUT_HELP);
    });
}

/**
 * The script asks the package bash-completion for the words of the line, which macOS and containers have not: each Tab
 * would print an error. Bash's own words do, but for = and :, at which it splits them.
 */
const BASH_WITHOUT_HELP = `if ! declare -F _get_comp_words_by_ref > /dev/null; then
    _get_comp_words_by_ref() {
        words=("\${COMP_WORDS[@]}")
        cword=$COMP_CWORD
        cur=\${COMP_WORDS[COMP_CWORD]}
        prev=\${COMP_WORDS[COMP_CWORD > 0 ? COMP_CWORD - 1 : 0]}
    }
fi
`;
