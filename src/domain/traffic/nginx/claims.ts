/** A request header by which a proxy reports what it saw. */
export interface Claim {
  name: string;
  /** Its name within nginx's variables: `$http_...`. */
  variable: string;
}

/**
 * What programs behind a proxy believe if a request has it: a lie, unless a trusted proxy says so.
 * Rack, Rails, Spring, ASP.NET, Symfony, gunicorn, Envoy, WordPress read them, and the libraries
 * that find a client's address (request-ip, django-ipware). Those that routers set by themselves,
 * such as X-Forwarded-For, are not among them. A name costs a router behind a balancer 0.1 us a
 * request: what only the customers of one vendor believe is left out.
 */
const CLAIMED = {
  address: [
    'CF-Connecting-IP',
    'Client-IP',
    'Fastly-Client-IP',
    'Forwarded-For',
    'Proxy-Client-IP',
    'True-Client-IP',
    'WL-Proxy-Client-IP',
    'X-Client-IP',
    'X-Cluster-Client-IP',
    'X-Forwarded',
    'X-Original-Forwarded-For',
  ],
  scheme: [
    'CloudFront-Forwarded-Proto',
    'Front-End-Https',
    'X-Forwarded-Protocol',
    'X-Forwarded-Scheme',
    'X-Forwarded-Ssl',
    'X-Scheme',
    'X-Url-Scheme',
  ],
  place: [
    'X-Envoy-Original-Path',
    'X-Forwarded-Path',
    'X-Forwarded-Prefix',
    'X-Forwarded-Server',
    'X-Forwarded-Uri',
    'X-Host',
    'X-HTTP-Host-Override',
    'X-Original-Host',
    'X-Original-URI',
    'X-Original-URL',
    'X-Rewrite-URL',
    'X-Script-Name',
  ],
  person: [
    'Remote-User',
    'X-Forwarded-Client-Cert',
    'X-Forwarded-Email',
    'X-Forwarded-Groups',
    'X-Forwarded-User',
    'X-Remote-User',
  ],
};

export const CLAIMS: readonly Claim[] = Object.values(CLAIMED)
  .flat()
  .map((name) => ({ name, variable: name.toLowerCase().replaceAll('-', '_') }));

/** What a proxy sets by itself, or reads to tell where a request ends. */
const OWN = [
  'Content-Length',
  'Transfer-Encoding',
  'X-Forwarded-For',
  'X-Forwarded-Host',
  'X-Forwarded-Port',
  'X-Forwarded-Proto',
  'X-Real-IP',
];

/**
 * Other names that a program gets as one of the above: CGI and WSGI write `-` as `_`, and nginx itself
 * reads `$http_x_real_ip` from either. With other characters nginx would not find them to clear.
 */
export function disguises(): string[] {
  const names = [...OWN, ...CLAIMS.map(({ name }) => name)];
  return names.flatMap((name) => {
    const [first = '', ...others] = name.split('-');
    const forms = others.reduce(
      (made, word) => made.flatMap((form) => [`${form}-${word}`, `${form}_${word}`]),
      [first],
    );
    return forms.filter((form) => form !== name);
  });
}
