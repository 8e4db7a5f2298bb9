/** A path of a host, and what nginx does for it. */
export interface Place {
  host: string;
  path: string;
  /** What `proxy_pass` gets after `http://`; empty when no backend is left. */
  target: string;
  /** The variable with the cookie to set; empty when clients need not stay. */
  cookie: string;
}

/**
 * What names below a pattern get for paths that they have no route for: the longest match of host and
 * path decides, host first. nginx itself looks at the host alone. It is one map for each pattern, as its
 * locations in every host once more would be 250,000 for 500 hosts and 500 paths.
 */
export interface Below {
  index: number;
  /** The pattern. */
  host: string;
  /** Longest first; `path` is a regular expression. */
  places: { path: string; target: string; cookie: string }[];
  /** What other paths get; NONE where there is nothing, EMPTY where no backend is. */
  target: string;
  cookie: string;
  hasCookies: boolean;
}

const NONE = 'none';
const EMPTY = 'empty';

/** For each host that leaves paths open and has a pattern above it: what serves them. */
export function belowPatterns(places: readonly Place[]): Map<string, Below> {
  const hosts = Map.groupBy(places, (place) => place.host);
  const made = new Map<string, Below>();
  const ofPattern = (pattern: string): Below => {
    const known = made.get(pattern);
    if (known !== undefined) return known;
    const above = restOf(pattern);
    const below = makeBelow(made.size, pattern, hosts.get(pattern)!, above);
    made.set(pattern, below);
    return below;
  };
  const restOf = (host: string): Below | undefined => {
    if (hosts.get(host)!.some(({ path }) => path === '/')) return undefined;
    const above = patternsAbove(host).find((pattern) => hosts.has(pattern));
    return above === undefined ? undefined : ofPattern(above);
  };
  const rests = [...hosts.keys()].map((host) => [host, restOf(host)] as const);
  return new Map(rests.filter((rest): rest is [string, Below] => rest[1] !== undefined));
}

function makeBelow(
  index: number,
  host: string,
  places: readonly Place[],
  above: Below | undefined,
): Below {
  const root = places.find(({ path }) => path === '/');
  const others = places
    .filter((place) => place !== root)
    .sort((a, b) => b.path.length - a.path.length)
    .map(({ path, target, cookie }) => ({
      path: path.replaceAll('.', '\\.'),
      target: target || EMPTY,
      cookie,
    }));
  const rest =
    root === undefined
      ? {
          target: above === undefined ? NONE : `$below_${above.index}`,
          cookie: above?.hasCookies === true ? `$below_cookie_${above.index}` : '',
        }
      : { target: root.target || EMPTY, cookie: root.cookie };
  const hasCookies = [rest, ...others].some(({ cookie }) => cookie !== '');
  return { index, host, places: others, ...rest, hasCookies };
}

/** Nearest first: `*.b.c` and `*.c` for `a.b.c`, `*.c` for `*.b.c`. */
function patternsAbove(host: string): string[] {
  const labels = host.replace(/^\*\./, '').split('.');
  return labels.slice(1).map((_, index) => `*.${labels.slice(index + 1).join('.')}`);
}
