import { typed } from '../cluster.ts';
import type { Host } from '../lab/host.ts';

const MAKE = (domain: string): string => `
set -e
mkdir -p /root/certificates && cd /root/certificates
key() { openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key"; }
sign() {
  key "$1"
  openssl req -new -key "$1.key" -subj "/CN=$2" |
    openssl x509 -req -days 30 -CA "$3.pem" -CAkey "$3.key" -CAcreateserial -out "$1.pem" \\
      -extfile "$1.ext" 2>/dev/null
}
key root
openssl req -x509 -key root.key -subj '/CN=Test root' -days 30 -out root.pem
echo 'basicConstraints=critical,CA:TRUE' >between.ext
sign between 'Test authority' root
echo 'subjectAltName=DNS:${domain}' >leaf.ext
sign leaf '${domain}' between
cat leaf.pem between.pem >chain.pem
key other`;

/**
 * A certificate as one buys it, in /root/certificates of a host: leaf.key, chain.pem (leaf and the
 * authority between), root.pem that clients trust, and other.key that belongs to nothing.
 */
export async function makeChain(host: Host, domain: string): Promise<void> {
  await typed(host, MAKE(domain));
}
