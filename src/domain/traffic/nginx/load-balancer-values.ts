import type { CommonValues } from '../../making/values.ts';
import type { View } from '../../views/view.ts';
import { type ProxyValues, proxyValues } from './proxy-values.ts';
import { addressesOf, poolOfKind, sharingZone, type Upstreams, upstream } from './upstreams.ts';

/** What `templates/nginx/load-balancer.conf` fills in. */
export interface LoadBalancerValues extends ProxyValues, Upstreams {
  /** One for each installed certificate, chosen by the name that a client asks for. */
  named: { domain: string; file: string }[];
}

export function loadBalancerValues(
  view: View,
  secrets: Readonly<Record<string, string>>,
  common: CommonValues,
): LoadBalancerValues {
  const proxy = proxyValues(view, secrets, common);
  const routers = poolOfKind(view, 'routers');
  return {
    ...proxy,
    // None without a router: every request is answered with 503.
    ...sharingZone(addressesOf(routers).length > 0 ? [upstream(routers)] : []),
    named: proxy.certificates.flatMap(({ domain, file }) =>
      domain === null ? [] : [{ domain, file }],
    ),
  };
}
