import type { Check, CheckLevel } from '../../domain/telling/check.ts';
import { worstOf } from '../../domain/telling/checks.ts';
import type { Style } from './text/style.ts';
import { table } from './text/table.ts';

export function checkTextLines(checks: readonly Check[], style: Style, width: number): string[] {
  const paint = {
    ok: style.green,
    warning: style.yellow,
    critical: style.red,
    unknown: style.yellow,
  };
  return table(
    checks.map(({ level, name, message }) => [level, name, message]),
    width,
    (cell, row, column) => (column === 0 ? paint[checks[row]!.level](cell) : cell),
  );
}

/** One line as Nagios reads it, then what else is wrong: `KATO CRITICAL - router-1 is dead`. */
export function nagiosLines(checks: readonly Check[]): string[] {
  const worst = worstOf(checks);
  const wrong = checks.filter(({ level }) => level !== 'ok');
  const first = wrong.find(({ level }) => level === worst);
  const text = first?.message ?? `${checks.length} checks`;
  const others = wrong.filter((check) => check !== first);
  const disk = checks.find(({ name }) => name === 'disk')?.value;
  const data = [`wrong=${wrong.length}`, ...(disk === undefined ? [] : [`disk_free=${disk}%`])];
  return [
    `KATO ${worst.toUpperCase()} - ${text} | ${data.join(' ')}`,
    ...others.map(({ level, message }) => `${level}: ${message}`),
  ];
}

export const NAGIOS_CODES: Record<CheckLevel, number> = {
  ok: 0,
  warning: 1,
  critical: 2,
  unknown: 3,
};

/** For a textfile collector: one sample for each check, and one for each thing measured. */
export function prometheusLines(checks: readonly Check[]): string[] {
  const samples = checks.map(
    (check) => `kato_check${labelsOf(check)} ${NAGIOS_CODES[check.level]}`,
  );
  const measured = checks
    .filter((check) => check.value !== undefined)
    .map((check) => `kato_check_value${labelsOf(check)} ${check.value}`);
  return [
    '# HELP kato_check State of a check: 0 ok, 1 warning, 2 critical, 3 unknown.',
    '# TYPE kato_check gauge',
    ...samples,
    '# HELP kato_check_value What a check measured: seconds, days, members or percent.',
    '# TYPE kato_check_value gauge',
    ...measured,
  ];
}

function labelsOf({ name, subject }: Check): string {
  const labels = subject === undefined ? { check: name } : { check: name, subject };
  const texts = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return `{${texts.join(',')}}`;
}
