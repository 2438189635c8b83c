import {
  type Declaration,
  evaluateOptions,
  fineTuneOptions,
  generateOptions,
  inversionOptions,
  PRESETS,
  searchOptions,
} from '@latent-matte/core/options';
import { describe, expect, it } from 'vitest';
import { type CommandActions, createProgram } from '../program';
import { memoryTerminal } from '../testing/fake-enhancement';
import { consulted } from './search-flags';
import { TableFlag } from './table-flag';

const tables = {
  enhance: { ...searchOptions, ...consulted },
  evaluate: { ...searchOptions, ...consulted, ...evaluateOptions },
  generate: generateOptions,
  invert: inversionOptions,
  'fine-tune': fineTuneOptions,
} as const;

/** Options that a command takes by another name, and the old names that it does not take. */
const elsewhere: Readonly<Record<string, string | undefined>> = {
  backgrounds: 'background',
  gate: 'limit',
  references: undefined,
  // `reproduce` keeps and resumes inversions by itself.
  checkpointEvery: undefined,
  resume: undefined,
  transferTo: 'judge',
};

function parse(...parameters: string[]) {
  const terminal = memoryTerminal();
  let options: Record<string, unknown> = {};
  const keep = async (...given: unknown[]) => {
    options = given.find((part) => part?.constructor === Object) as typeof options;
  };
  const actions = { enhance: keep, evaluate: keep, generate: keep, invert: keep, fineTune: keep };
  createProgram(terminal, actions as unknown as CommandActions).parse(parameters, { from: 'user' });
  return { options, notes: terminal.notes.join('\n') };
}

const commandOf = (name: string) =>
  createProgram(memoryTerminal(), {} as CommandActions).commands.find(
    (command) => command.name() === name,
  )!;

function help(...parameters: string[]): string {
  const terminal = memoryTerminal();
  try {
    createProgram(terminal, {} as CommandActions).parse(parameters, { from: 'user' });
  } catch {
    // Commander ends so after help.
  }
  return terminal.outs.join('\n');
}

const required = {
  enhance: ['enhance', 'a.jpg', '-o', 'x'],
  evaluate: ['evaluate', '--data', 'x'],
  generate: ['generate', '--count', '2', '-o', 'x'],
  invert: ['invert', 'a.jpg', '--generator', 'g', '-o', 'x'],
  'fine-tune': ['fine-tune', '-m', 'm', '-o', 'x'],
} as const;

describe.each(Object.keys(tables) as (keyof typeof tables)[])('flags of %s', (name) => {
  const table: Readonly<Record<string, Declaration<unknown>>> = tables[name];

  it('are there for every option that a command can take', () => {
    const flags = new Set(commandOf(name).options.map((option) => option.attributeName()));
    const lacking = Object.entries(table)
      .filter(([, { kind }]) => kind.is !== 'callback' && kind.is !== 'signal')
      .map(([option]) => (option in elsewhere ? elsewhere[option] : option))
      .filter((option) => option !== undefined && !flags.has(option));
    expect(lacking).toEqual([]);
  });

  it('repeat no default of the table', () => {
    for (const flag of commandOf(name).options) {
      if (!(flag instanceof TableFlag) || flag.defaultValue === undefined) continue;
      const { default: same, presets } = table[flag.option]!;
      expect([same, ...PRESETS.map((preset) => presets?.[preset])]).not.toContain(
        flag.defaultValue,
      );
    }
    const { options } = parse(...required[name]);
    const own = ['generator', 'judgeTarget', 'gate', 'count'];
    expect(Object.keys(options).filter((key) => key in table && !own.includes(key))).toEqual([]);
  });
});

describe('the flags of tables', () => {
  it('are checked, and say the range', () => {
    const refused = (...parameters: string[]) => {
      const terminal = memoryTerminal();
      const program = createProgram(terminal, {} as CommandActions);
      expect(() => program.parse(parameters, { from: 'user' })).toThrow();
      return terminal.notes.join('\n');
    };
    const { enhance, generate, 'fine-tune': tune } = required;
    expect(refused(...enhance, '--learning-rate', '0')).toContain('Give a finite number > 0.');
    expect(refused(...enhance, '--steps', '')).toContain('Give a whole number from 0 to 1000000.');
    expect(refused(...enhance, '--target', 'best')).toContain('views, refined');
    expect(refused(...enhance, '--weight', 'beauty=1')).toContain('alphaEntropy');
    expect(refused(...generate, '--truncation', '2')).toContain('a finite number in (0, 1]');
    expect(refused(...tune, '--patience', '0')).toContain('whole number ≥ 1, or Infinity');
    expect(refused(...tune, '--augment', 'flip=2')).toContain('a finite number in [0, 1]');
  });

  it('have the names of their options', () => {
    const { options } = parse(
      ...required.enhance,
      ...[
        '--weight',
        'alphaEntropy=1',
        '--weight',
        'entropy=0',
        '--no-mirror',
        '--loss-size',
        '64',
      ],
      ...['--discriminator', 'd', '--perceptual', 'p', '--foreground', 'closed-form'],
      ...['--fidelity-reduction', 'norm', '--seed', '-3'],
    );
    expect(options).toMatchObject({
      weights: { alphaEntropy: 1, entropy: 0 },
      mirror: false,
      lossSize: 64,
      discriminator: 'd',
      perceptual: 'p',
      foreground: 'closed-form',
      fidelityReduction: 'norm',
      seed: -3,
    });
    expect(parse(...required.enhance, '--mirror').options.mirror).toBe(true);
    const tuned = parse(...required['fine-tune'], '--augment', 'flip=0', '--loss', 'alpha=2');
    expect(tuned.options).toMatchObject({ augment: { flip: 0 }, losses: { alpha: 2 } });
  });

  it('are taken several times where the help says repeatable', () => {
    const twice = (name: string) => [name, 'a', name, 'b'];
    const judged = parse(...required.evaluate, ...twice('--judge'), ...twice('--background'));
    const asked = parse(...required.enhance, ...twice('--consult'));
    expect(asked.options).toMatchObject({ judges: ['a', 'b'] });
    expect(judged.options).toMatchObject({ judge: ['a', 'b'], background: ['a', 'b'] });
    const tested = parse(...required['fine-tune'], ...twice('--test'));
    expect(tested.options).toMatchObject({ test: ['a', 'b'] });
  });

  it('work under their old names, and say so', () => {
    const { options, notes } = parse(...required.enhance, '-r', 'mine');
    expect(options.model).toEqual(['mine']);
    expect(notes).toBe('note: --reference is called --model now.');
    const both = parse(...required.evaluate, '-m', 'a', '--reference', 'b', '--no-ensemble');
    expect(both.options).toMatchObject({ model: ['a', 'b'], judgeTarget: false });
    const tuned = parse(...required['fine-tune'], '--warm-up', '5', '--clip', '0').options;
    expect(tuned).toMatchObject({ warmUpSteps: 5, clipNorm: 0 });
  });

  it('show an application first, and research when asked', () => {
    const short = help('enhance', '--help');
    expect(short).toContain('--steps <count>');
    expect(short).toContain('(default: fast 15, paper 500)');
    expect(short).not.toMatch(/--adaptivity|--reference/);
    for (const order of [
      ['--help', '--advanced'],
      ['--advanced', '--help'],
    ]) {
      const long = help('enhance', ...order);
      expect(long).toMatch(/Research options:[\s\S]*--adaptivity <word>/);
    }
  });

  it.each(['cut-out', 'enhance'])('of %s come in groups, six of them first', (name) => {
    const [first = '', ...groups] = help(name, '--help')
      .split(/\n\n(?=[^\n ][^\n]*:\n {2}-)/)
      .slice(1);
    const flags = [...first.matchAll(/^ {2}(-\w, )?--([\w-]+)/gm)].map(([, , long]) => long);
    expect(flags.filter((flag) => !['help', 'advanced'].includes(flag!))).toHaveLength(6);
    expect(groups.length).toBeGreaterThan(2);
    expect(groups.join('\n')).not.toContain('--trimap ');
    expect(help(name, '--help', '--advanced')).toMatch(/Research options:\n {2}--trimap /);
  });

  it('commands come in groups, photos first', () => {
    const headings = [...help('--help').matchAll(/^(\S.*):$/gm)].map(([, heading]) => heading);
    expect(headings).toEqual([
      'Options',
      'Photos',
      'Measure',
      'Train',
      'Models and this machine',
      'Examples',
    ]);
  });
});
