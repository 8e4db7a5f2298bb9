import type { Step } from '../../domain/making/step.ts';
import { switchConfig, writeConfig } from './config.ts';
import type { ApplyContext } from './context.ts';
import { adoptData, findData, initialize, makeData, setSecrets } from './data.ts';
import { installPackages } from './install-packages.ts';
import { purgeData } from './purge-data.ts';
import { reload } from './reload.ts';
import { remove } from './remove.ts';
import { awaitReady, recheck, restart, start, stop } from './run-state.ts';
import { writeService } from './write-service.ts';

/**
 * Makes one change to this node. Doing it twice is as good as once, and each has a time limit.
 * Fails with CONFIG_REFUSED (the checker's words), PACKAGE_MISSING, ROLE_FAILED (with the last
 * log lines), PORT_TAKEN, NO_SPACE, READ_ONLY, DATA_MISSING, TIMEOUT or FAILED; the old state then
 * stays.
 */
export async function applyStep(step: Step, context: ApplyContext): Promise<void> {
  const { paths } = context;
  switch (step.kind) {
    case 'install-packages':
      return installPackages(step.packages, context);
    case 'make-data':
      return makeData(step, paths);
    case 'adopt-data':
      return adoptData(step, paths);
    case 'find-data':
      return findData(step, paths);
    case 'initialize':
      return initialize(step, paths);
    case 'set-secrets':
      return setSecrets(step, paths);
    case 'purge-data':
      return purgeData(step, paths);
    case 'write-config':
      return writeConfig(step, paths);
    case 'switch-config':
      return switchConfig(step, paths);
    case 'write-service':
      return writeService(step, paths);
    case 'start':
      return start(step, context);
    case 'await-ready':
      return awaitReady(step, context);
    case 'leave':
      return; // a matter of others, whom the agent asks
    case 'stop':
      return stop(step, paths);
    case 'restart':
      return restart(step, context);
    case 'recheck':
      return recheck(step, context);
    case 'reload':
      return reload(step, context);
    case 'remove':
      return remove(step, paths);
  }
}
