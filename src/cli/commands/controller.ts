import { readFileSync } from 'node:fs';
import { ownCatalogue, ownVersion } from '../framework/home.ts';
import { Args, Command } from '../framework/oclif.ts';
import { untilTerminated } from '../framework/signals.ts';
import { note } from '../output.ts';

/** What the service `controller` runs. People have no use for it. */
export default class Controller extends Command {
  static override hidden = true;
  static override summary = 'Run a controller.';
  static override args = {
    config: Args.string({ required: true, description: 'Its config file.' }),
  };

  override async run(): Promise<void> {
    const { args } = await this.parse(Controller);
    const { runController } = await import('../../controller/controller.ts');
    const { doorsOf } = await import('../../controller/doors/doors.ts');
    const config = JSON.parse(readFileSync(args.config, 'utf8'));
    const catalogue = await ownCatalogue();
    const kato = ownVersion();
    const doors = doorsOf(config, kato);
    const { seed } = config;
    await untilTerminated((signal) =>
      runController({ seed, doors, catalogue, kato, log: note, signal }),
    );
  }
}
