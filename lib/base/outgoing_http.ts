import type { IncomingMessage, RequestOptions } from "node:http";
import { isIP, type Socket } from "node:net";
import { Buffer } from "node:buffer";
import {
  type Authorities,
  type OutgoingAnswer,
  OutgoingError,
  type OutgoingInit,
} from "./outgoing.ts";

/** An address that a name was resolved to. */
export interface ResolvedAddress {
  address: string;
  family: 4 | 6;
}

const ANSWER_BYTES_MOST = 64 * 1024;
const USER_AGENT = "Perch";

/**
 * Sends one request to one of `addresses` and no other, whatever the name of the URL means by now: what is
 * connected to is always the address itself, and the name is for the certificate and the Host header only.
 */
export async function requestAt(
  url: URL,
  addresses: readonly ResolvedAddress[],
  init: OutgoingInit,
  signal: AbortSignal,
  trust: readonly Authorities[],
): Promise<OutgoingAnswer> {
  const secure = url.protocol === "https:";
  const name = url.hostname.replace(/^\[|\]$/g, "");
  const attempt = { connected: false };
  return await firstThatOpens(addresses, secure ? trust : [undefined], async (address, ca) => {
    const open = await opener(address, portOf(url), secure ? { name, ca } : null);
    return await requestOnce(url, address, init, signal, open, attempt);
  }, () => !attempt.connected && !signal.aborted);
}

/**
 * Tries each address with each set of authorities until one opens; while `again` says so. A certificate that no
 * set knows gives the fault of the first.
 */
export async function firstThatOpens<T>(
  addresses: readonly ResolvedAddress[],
  trust: readonly Authorities[],
  open: (address: string, ca: Authorities) => Promise<T>,
  again: () => boolean,
): Promise<T> {
  let failure: unknown;
  for (const { address } of addresses) {
    for (const ca of trust) {
      try {
        return await open(address, ca);
      } catch (error) {
        if (!again()) throw error;
        failure ??= error;
      }
    }
  }
  throw failure;
}

/** Whose certificate is asked for, and who may have signed it. */
interface Secure {
  name: string;
  ca: Authorities;
}

/** How the connection to an address is opened; null: without TLS. */
export async function opener(
  address: string,
  port: number,
  secure: Secure | null,
): Promise<() => Socket> {
  if (secure === null) {
    const { connect } = await import("node:net");
    return () => connect({ host: address, port });
  }
  const { connect } = await import("node:tls");
  const { name, ca } = secure;
  // A certificate of an address is checked against the address.
  const servername = isIP(name) === 0 ? { servername: name } : {};
  return () => connect({ host: address, port, ca, ...servername });
}

async function requestOnce(
  url: URL,
  address: string,
  init: OutgoingInit,
  signal: AbortSignal,
  open: () => Socket,
  attempt: { connected: boolean },
): Promise<OutgoingAnswer> {
  const secure = url.protocol === "https:";
  // Not node:https: it reads the list of well-known authorities, which needs a permission that Perch has not.
  const { request } = await import("node:http");
  return await new Promise((resolve, reject) => {
    let cause: Error | null = null;
    const options: RequestOptions = {
      // Where `createConnection` is not asked, this address is connected to all the same.
      host: address,
      port: portOf(url),
      path: url.pathname + url.search,
      method: init.method ?? "GET",
      headers: { host: url.host, ...headersOf(init) },
      signal,
      createConnection() {
        const socket = open();
        socket.once(secure ? "secureConnect" : "connect", () => attempt.connected = true);
        socket.once("error", (error) => cause = error);
        return socket;
      },
    };
    const sent = request(options, (answer) => {
      read(answer, init.maxBytes ?? ANSWER_BYTES_MOST).then(resolve, reject);
    });
    // The socket says what is wrong with a certificate; the request only that it hung up.
    sent.on("error", (error) => setTimeout(() => reject(cause ?? error), 0));
    sent.end(init.body);
  });
}

/** The port that a URL leads to. */
export function portOf(url: URL): number {
  return url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);
}

function headersOf({ headers, body }: OutgoingInit): Record<string, string | number> {
  // A connection of its own each: none that was opened under other rules is used again.
  const sent = {
    "user-agent": USER_AGENT,
    "accept-encoding": "identity",
    connection: "close",
    ...headers,
  };
  return body === undefined ? sent : { ...sent, "content-length": Buffer.byteLength(body) };
}

function read(answer: IncomingMessage, maxBytes: number): Promise<OutgoingAnswer> {
  return new Promise((resolve, reject) => {
    const parts: Uint8Array[] = [];
    let bytes = 0;
    const finish = (truncated: boolean) => {
      const text = new TextDecoder().decode(Buffer.concat(parts).subarray(0, maxBytes));
      const headers = Object.fromEntries(
        Object.entries(answer.headers).map(([name, value]) => [name, String(value)]),
      );
      resolve({ status: answer.statusCode ?? 0, headers, text, truncated });
    };
    answer.on("data", (part: Uint8Array) => {
      parts.push(part);
      bytes += part.length;
      if (bytes <= maxBytes) return;
      finish(true);
      answer.destroy();
    });
    answer.on("end", () => finish(false));
    answer.on("error", reject);
    answer.on(
      "close",
      () => reject(new OutgoingError("unreachable", "the connection broke within the answer")),
    );
  });
}
