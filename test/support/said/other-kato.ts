import { CHECKOUT } from '../lab/store.ts';

/** Another kato on the third host, in which `sed` has changed a file. */
export function otherKato(script: string, file: string): string[] {
  const copied = 'bin src roles templates package.json';
  return [
    `h3: rm -rf /opt/kato && mkdir -p /opt/kato && cd ${CHECKOUT} && cp -r ${copied} /opt/kato`,
    `h3: ln -s ${CHECKOUT}/runtime ${CHECKOUT}/node_modules /opt/kato`,
    `h3: sed -i '${script}' /opt/kato/${file} && ln -sfn /opt/kato/bin/kato /usr/local/bin/kato`,
  ];
}

export function sameKato(): string {
  return `h3: ln -sfn ${CHECKOUT}/bin/kato /usr/local/bin/kato`;
}
