import { type Command, Help, type Option } from 'commander';

/** Headings of the help. What a command is mostly given comes first, without one. */
export const RUNNING = 'How it runs:';
export const OWN_MODELS = 'Models of your own:';
/** Shown by `--help --advanced`. */
export const RESEARCH = 'Research options:';

/** For `configureHelp`: options for research are shown by `--help --advanced`. */
export const advancedHelp = {
  visibleOptions(command: Command): Option[] {
    const visible = new Help().visibleOptions(command);
    return command.opts().advanced === true
      ? visible
      : visible.filter((option) => option.helpGroupHeading !== RESEARCH);
  },
};

/** Adds `--advanced` to a command that has options for research. */
export const addAdvancedFlag = (command: Command): Command =>
  command.option('--advanced', 'with --help: also the options for research');
