/** What the guard looks at beyond connections: certificates and names. */
import { isIP, type Socket } from "node:net";
import {
  type Authorities,
  OutgoingError,
  type PeerCertificate,
  type RecordType,
} from "./outgoing.ts";
import { firstThatOpens, opener, type ResolvedAddress } from "./outgoing_http.ts";
import { peerCertificate } from "./peer_certificate.ts";

/** The certificate at one of the judged addresses, by the first set of authorities that finds it good. */
export async function certificateAt(
  addresses: readonly ResolvedAddress[],
  port: number,
  host: string,
  trust: readonly Authorities[],
  signal: AbortSignal,
): Promise<PeerCertificate> {
  let found: PeerCertificate | null = null;
  for (const ca of trust) {
    found = await firstThatOpens(addresses, [ca], async (address) => {
      const open = await opener(address, port, null);
      signal.throwIfAborted();
      const socket = open();
      const onAbort = () => socket.destroy();
      signal.addEventListener("abort", onAbort, { once: true });
      try {
        await connected(socket);
        return await peerCertificate(socket, isIP(host) === 0 ? host : null, ca);
      } finally {
        signal.removeEventListener("abort", onAbort);
        socket.destroy();
      }
    }, () => !signal.aborted);
    if (found.fault === null) break;
  }
  return found!;
}

function connected(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("the connection was closed")));
  });
}

/** Records as texts, sorted. @throws OutgoingError when there is none, or the name is not known */
export async function recordsOf(
  name: string,
  type: RecordType,
  signal: AbortSignal,
  nameServer?: { ipAddr: string; port: number },
): Promise<string[]> {
  const none = new OutgoingError("unreachable", `there is no ${type} record of ${name}`);
  try {
    const found: unknown[] = await Deno.resolveDns(name, type as "A", { nameServer, signal });
    if (found.length === 0) throw none;
    return found.map(textOf).sort();
  } catch (error) {
    throw error instanceof Deno.errors.NotFound ? none : error;
  }
}

/** `10 mail.example.com`, as name servers' own tools write it. */
function textOf(record: unknown): string {
  if (typeof record === "string") return record.replace(/\.$/, "");
  if (Array.isArray(record)) return record.join("");
  const { preference, exchange, priority, weight, port, target } = record as Record<
    string,
    unknown
  >;
  const parts = exchange === undefined ? [priority, weight, port, target] : [preference, exchange];
  return parts.join(" ").replace(/\.$/, "");
}
