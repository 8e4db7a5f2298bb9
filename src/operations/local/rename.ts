import { refuse } from '../../domain/base/error.ts';
import { checkHostname, checkNodeName } from '../../domain/base/names.ts';
import { setHostname } from '../../machine/network/hostname.ts';
import { hostFacts } from '../../machine/node/host.ts';
import { readIdentity } from '../../machine/node/ledger.ts';
import { checkRoot, type Host } from './host.ts';

/** The host name of a machine that is in no cluster yet. */
export async function renameMachine(
  { paths }: Host,
  given: string,
): Promise<{ hostname: string; already: boolean }> {
  checkRoot('kato node rename');
  const hostname = given.includes('.') ? checkHostname(given, 'host name') : checkNodeName(given);
  // A machine of that name could not be attached by it.
  checkNodeName(hostname.split('.')[0]!);
  const identity = await readIdentity(paths);
  if (identity !== null) {
    throw refuse(
      'CONFLICT',
      'this machine is already a node of a cluster',
      `it is ${identity.name}, and a node keeps its host name`,
      'rename it before it is set up or attached: kato node detach takes it out',
    );
  }
  const { fullName } = await hostFacts();
  if (fullName === hostname) return { hostname, already: true };
  await setHostname(hostname);
  return { hostname, already: false };
}
