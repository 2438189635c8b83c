import type { Command } from 'commander';

export interface DoctorCommandOptions {
  readonly json?: true;
}

export interface DoctorActions {
  doctor(options: DoctorCommandOptions): Promise<void>;
}

/** `latent-matte doctor`. */
export function addDoctorCommand(program: Command, actions: DoctorActions): void {
  program
    .command('doctor')
    .description('say what works here: devices, and models with their licences')
    .option('--json', 'print JSON')
    .action(actions.doctor);
}
