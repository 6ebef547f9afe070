/** Finds what connects past the one way out (`lib/base/outgoing.ts`), by its source text. */

/** Files that may open connections, each with why. */
const DOORS: readonly RegExp[] = [
  // The guard itself.
  /^lib\/base\/(create_outgoing|outgoing_http|outgoing_looks)\.ts$/,
  // Speaks TLS over a connection of the guard.
  /^lib\/base\/peer_certificate\.ts$/,
  // The broker that the environment names.
  /^lib\/sources\/mqtt\/connect\.ts$/,
  // The node that keeps the same site, which the database names.
  /^lib\/app\/nodes\/forward\.ts$/,
  // The command line asks the Perch of its own host.
  /^lib\/cli\/(control_socket|commands\/health)\.ts$/,
  // In the browser, which asks the Perch that it came from: the door of all islands (`fetchOwn`, `at`), which
  // knows below which path that one stands; the event stream; the page itself anew.
  /^islands\/(own\.ts|stream_events\.ts|renewed\.tsx)$/,
  // A client of the product.
  /^sim\//,
];

const RAW: readonly { what: string; pattern: RegExp }[] = [
  // A call, not a method of something and not the declaration of one.
  { what: "fetch", pattern: /(?<![.\w])fetch\((?!\w+\??:)/ },
  { what: "globalThis.fetch", pattern: /\b(globalThis|self|window)\.fetch\b/ },
  {
    what: "a connection of Deno",
    pattern: /\bDeno\.(connect|connectTls|connectQuic|startTls|createHttpClient)\b/,
  },
  { what: "a socket of the browser", pattern: /\bnew (WebSocket|WebSocketStream|EventSource)\(/ },
  {
    what: "a node module that connects",
    pattern:
      /\bfrom "node:(http|https|http2|tls|dgram|dns|dns\/promises)"|\bimport\("node:(http|https|http2|net|tls|dgram|dns|dns\/promises)"\)/,
  },
  {
    what: "a socket of node",
    pattern:
      /\bimport (\w|\* as)[^;]*? from "node:net"|(?<!type )\b(connect|createConnection|Socket)\b[^;{}]*\} from "node:net"/,
  },
];

/** What a file of the product does that only the guard may. */
export function rawConnections(path: string, source: string): string[] {
  if (DOORS.some((door) => door.test(path))) return [];
  const code = source.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "")
    .replace(/^\s*import type .*$/gm, "");
  const hint = path.startsWith("islands/") ? "; islands ask with fetchOwn of islands/own.ts" : "";
  return RAW.filter(({ pattern }) => pattern.test(code))
    .map(({ what }) => `${path} uses ${what}${hint}`);
}
