import { setTimeout as pause } from 'node:timers/promises';
import type { KnowsCommands } from '../completion/named.ts';
import { NAMES } from '../completion/names.ts';
import { offersFor } from '../completion/offers.ts';
import { wantedAt } from '../completion/wanted.ts';
import type { Config } from '../framework/oclif.ts';
import { Command } from '../framework/oclif.ts';
import { print } from '../output.ts';

/** Whoever presses a key does not wait longer: then nothing is offered. */
const LIMIT_MS = 400;

/** What shells call to complete a word. People have no use for it. */
export default class CompleteWord extends Command {
  static override hidden = true;
  static override summary = 'Offer names for the last of some words: one a line, and what it is.';

  /** Prints no errors: they would appear in the line that a person types. */
  override async run(): Promise<void> {
    const words = this.argv.slice(this.argv.indexOf('--') + 1);
    const late = pause(LIMIT_MS).then(() => []);
    const offers = await Promise.race([this.offers(words), late]).catch(() => []);
    print(offers);
    process.exit();
  }

  private async offers(words: readonly string[]): Promise<string[]> {
    const found = await (this.config as Config & KnowsCommands).definitionAt(words.slice(0, -1));
    if (found === null) return [];
    const wanted = wantedAt(found.definition, [...found.rest, ...words.slice(-1)]);
    if (wanted?.taker.names === undefined) return [];
    const names = await NAMES[wanted.taker.names](wanted, LIMIT_MS).catch(() => []);
    return offersFor(wanted, names);
  }
}
