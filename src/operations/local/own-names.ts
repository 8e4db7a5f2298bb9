import { KatoError } from '../../domain/base/error.ts';
import {
  asNodeName,
  checkHostname,
  checkNodeName,
  isMachineName,
} from '../../domain/base/names.ts';
import type { HostFacts } from '../../machine/node/host.ts';

/**
 * What a node is called whose machine has this host name. BAD_NAME, with what helps. `flag` is where the
 * command takes another name, where it does.
 */
export function nodeNameOf(hostname: string, flag: string | null): string {
  const label = hostname.split('.')[0]!;
  const better = asNodeName(label) ?? 'NAME';
  const rename = `kato node rename ${better} gives the machine another host name`;
  const next = flag === null ? rename : `${flag} ${better} gives the node another name; ${rename}`;
  return naming(`the host name of this machine is '${hostname}'`, next, () => checkNodeName(label));
}

/** The cluster keeps it, and shows it, whatever the node is called. */
export function machineNameOf({ hostname }: HostFacts): string {
  if (isMachineName(hostname)) return hostname;
  const better = asNodeName(hostname) ?? 'NAME';
  throw new KatoError({
    code: 'BAD_NAME',
    message: `the host name of this machine is '${hostname}', which programs do not accept`,
    why: 'letters, digits, -, _ and dots are allowed',
    next: `kato node rename ${better} gives it another`,
  });
}

/** The endpoint of a cluster for which nobody named one. */
export function defaultEndpoint({ fullName }: HostFacts): string {
  const next = 'name the endpoint: kato node setup core api.example.com';
  return naming(`no endpoint is given, and this machine is called '${fullName}'`, next, () =>
    checkHostname(`api.${fullName}`, 'endpoint'),
  );
}

function naming(message: string, next: string, check: () => string): string {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof KatoError)) throw error;
    const { why = error.message } = error;
    throw new KatoError({ code: error.code, message, why, next }, { cause: error });
  }
}
