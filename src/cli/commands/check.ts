import { stat, statfs } from 'node:fs/promises';
import { KatoError } from '../../domain/base/error.ts';
import type { Certificate } from '../../domain/document/cluster.ts';
import type { Check } from '../../domain/telling/check.ts';
import { checksOf, worstOf } from '../../domain/telling/checks.ts';
import { type Disk, type KeptFolder, keptFolders } from '../../domain/telling/disk-checks.ts';
import { KatoCommand } from '../framework/command.ts';
import { ownCatalogue } from '../framework/home.ts';
import { Flags } from '../framework/oclif.ts';
import { checkTextLines, NAGIOS_CODES, nagiosLines, prometheusLines } from '../render/checks.ts';
import type { Style } from '../render/text/style.ts';
import { ask, askStatus, ownPaths } from '../session/session.ts';

type Format = 'text' | 'json' | 'nagios' | 'prometheus';

export default class CheckCluster extends KatoCommand<Check[]> {
  static override summary = 'Check the cluster for problems.';
  static override description =
    'The exit code is 1 when something is critical; with --format nagios it is 0 for ok, 1 for a\n' +
    'warning, 2 for critical and 3 for unknown. docs/reference/checks.md describes each check.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --format nagios',
    '<%= config.bin %> <%= command.id %> --format prometheus > /var/lib/node_exporter/kato.prom',
  ];
  static override flags = {
    format: Flags.option({
      options: ['text', 'json', 'nagios', 'prometheus'] as const,
      default: 'text' as const,
      summary: 'Output format.',
    })(),
  };

  private format: Format = 'text';

  protected async perform(): Promise<Check[]> {
    const { flags } = await this.parse(CheckCluster);
    this.format = flags.format;
    const checks = await lookAtEverything();
    process.exitCode = this.exitCodeFor(checks);
    return checks;
  }

  protected override get asJson(): boolean {
    return super.asJson || this.format === 'json';
  }

  protected render(checks: Check[], style: Style, width: number): readonly string[] {
    if (this.format === 'nagios') return nagiosLines(checks);
    if (this.format === 'prometheus') return prometheusLines(checks);
    return checkTextLines(checks, style, width);
  }

  private exitCodeFor(checks: Check[]): number {
    const worst = worstOf(checks);
    if (this.format === 'nagios') return NAGIOS_CODES[worst];
    return worst === 'critical' ? 1 : 0;
  }
}

/** An agent that cannot be asked is a finding, too: whoever checks wants an answer in every case. */
async function lookAtEverything(): Promise<Check[]> {
  try {
    const status = await askStatus(false);
    const catalogue = await ownCatalogue();
    const certificates = await certificatesIfAny();
    const disks = await measured(keptFolders(status, catalogue, ownPaths()));
    return checksOf({ catalogue, status, certificates, disks, nowMs: Date.now() });
  } catch (error) {
    if (!(error instanceof KatoError)) throw error;
    // A user who may not look knows nothing: that is not a finding about the node.
    const level = error.code === 'NOT_ALLOWED' ? 'unknown' : 'critical';
    return [{ name: 'agent', level, message: error.message }];
  }
}

async function certificatesIfAny(): Promise<Certificate[] | null> {
  try {
    return await ask<Certificate[]>('certificate.list', {});
  } catch (error) {
    if (error instanceof KatoError) return null;
    throw error;
  }
}

/** The first folder of each file system. One that is missing, or not to be seen, is no disk. */
async function measured(folders: readonly KeptFolder[]): Promise<Disk[]> {
  const byDevice = new Map<number, Disk>();
  for (const kept of folders) {
    try {
      const { dev } = await stat(kept.folder);
      const { bavail, blocks } = await statfs(kept.folder);
      if (!byDevice.has(dev))
        byDevice.set(dev, { ...kept, free: blocks === 0 ? 1 : bavail / blocks });
    } catch {
      // That data is missing is another finding.
    }
  }
  return [...byDevice.values()];
}
