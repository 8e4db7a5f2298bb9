import { keyNameOf } from '../../src/domain/traffic/certificates.ts';
import { testPool, testRoute, testView } from './views.ts';

/** A self-signed pair for tests alone, valid until 2046. */
export const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgTqMzfNwEIhvJ9p1I
5CsNfVV8CKMG4fj4iPAzg1M8qDOhRANCAATaNYNu+Rf2d0jJIlyhjerMI2g80qGe
UBB33FHBsFVnjqBtbek2FCSFymLAuqROxxI71SFr/9BpnIWqr7+x4omX
-----END PRIVATE KEY-----
`;
export const certificate = `-----BEGIN CERTIFICATE-----
MIIBqDCCAU6gAwIBAgIUL7K8E+0V3Kiked7RqLmJvqaoAAMwCgYIKoZIzj0EAwIw
FjEUMBIGA1UEAwwLZXhhbXBsZS5jb20wHhcNMjYxMTIxMDE1ODM1WhcNNDYxMTE2
MDE1ODM1WjAWMRQwEgYDVQQDDAtleGFtcGxlLmNvbTBZMBMGByqGSM49AgEGCCqG
SM49AwEHA0IABNo1g275F/Z3SMkiXKGN6swjaDzSoZ5QEHfcUcGwVWeOoG1t6TYU
JIXKYsC6pE7HEjvVIWv/0Gmchaqvv7HiiZejejB4MB0GA1UdDgQWBBTHMec15zbX
lgZfdPZ3/fkZ8NuWRDAfBgNVHSMEGDAWgBTHMec15zbXlgZfdPZ3/fkZ8NuWRDAP
BgNVHRMBAf8EBTADAQH/MCUGA1UdEQQeMByCC2V4YW1wbGUuY29tgg0qLmV4YW1w
bGUuY29tMAoGCCqGSM49BAMCA0gAMEUCIBOzAFJDS4wrBs5Gk81lSyAiv9XCDbHJ
RouAaVUAh/MVAiEAnHldA44H4lLj4IMKqTYVjgciX8/Yi4HXrH74sI6uk00=
-----END CERTIFICATE-----
`;

const routes = [
  testRoute('shop.example.com', '/', ['10.0.1.1:8080', '10.0.1.2:8080', '10.0.1.3:8080']),
  testRoute('shop.example.com', '/api', ['10.0.2.1:8080', '10.0.2.2:8080']),
  testRoute('desk.example.com', '/', ['10.0.3.1:8080', '10.0.3.2:8080'], true),
  testRoute('*.apps.example.com', '/', ['10.0.4.1:8080']),
  testRoute('blog.apps.example.com', '/img', ['10.0.4.2:8080']),
  testRoute('*.open.example.com', '/a.b', ['10.0.4.3:8080'], true),
  testRoute('x.open.example.com', '/own', ['10.0.4.4:8080']),
  testRoute('only.example.com', '/deep/path', ['10.0.5.1:8080']),
  testRoute('empty.example.com', '/', []),
  testRoute('broken.example.com', '/', ['not an address', '10.0.6.1', '10.0.6.1:99999']),
  testRoute('half.example.com', '/', ['10.0.7.1:8080', '10.0.7.2:8080']),
  testRoute('gone.example.com', '/', ['10.0.8.1:8080']),
  testRoute('bad host;', '/', ['10.0.9.1:8080']),
  testRoute('bad.example.com', '/a{b', ['10.0.9.2:8080']),
  testRoute('bad.example.com', '/.kato/health', ['10.0.9.3:8080']),
];
const pools = routes.map(({ pool }) => pool);
for (const member of ['half.example.com', 'gone.example.com']) {
  pools.find((pool) => pool.name === member)!.members[0]!.state = 'out';
}

/** Every kind of route at once, with members that are out and some that nginx would refuse. */
export const routerValuesFull = testView(['router'], {
  settings: { router: { trusted_proxies: ['192.0.2.0/24', 'nonsense;'] } },
  pools: [testPool('controllers', 'controllers', ['10.0.0.1:9080', '10.0.0.2:9080']), ...pools],
  routes: routes.map(({ route }) => route),
  certificates: [{ domain: '*.example.com', chain: certificate, notAfter: '2046-01-01' }],
  trustedProxies: ['10.0.0.5'],
});

export const balancerView = testView(['load_balancer'], {
  pools: [testPool('routers', 'routers', ['10.0.0.2:80', '10.0.0.3:80'])],
  certificates: [
    { domain: 'example.org', chain: certificate, notAfter: '2046-01-01' },
    { domain: 'keyless.example.org', chain: certificate, notAfter: '2046-01-01' },
  ],
});

/** Before any router is there. */
export const balancerViewAlone = testView(['load_balancer'], {
  pools: [testPool('routers', 'routers', [])],
});

export const viewSecrets = {
  'certificate/default': `${key}${certificate}`,
  [keyNameOf({ domain: '*.example.com', chain: certificate })]: key,
  [keyNameOf({ domain: 'example.org', chain: certificate })]: key,
  'bus/certificate': certificate,
  'bus/key': key,
  'bus/ca': certificate,
  'bus/controller': 'SUCONTROLLER',
  'redis/password': 'redis-password',
  'cache/password': 'redis-password',
  'postgresql/password': 'postgresql-password',
};
