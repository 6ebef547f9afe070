import type { IncomingMessage, RequestOptions } from "node:http";
import { isIP, type Socket } from "node:net";
import { Buffer } from "node:buffer";
import type { TLSSocket } from "node:tls";
import {
  type Authorities,
  type OutgoingAnswer,
  OutgoingError,
  type OutgoingInit,
  type OutgoingStream,
} from "./outgoing.ts";
import { certificateOf } from "./peer_certificate.ts";

/** An address that a name was resolved to. */
export interface ResolvedAddress {
  address: string;
  family: 4 | 6;
}

const ANSWER_BYTES_MOST = 64 * 1024;
/** Of a streamed answer, until somebody reads them. */
const WAITING_BYTES = 256 * 1024;
const USER_AGENT = "Perch";

/** What is made of an answer whose head is there. */
export type Take<T> = (answer: IncomingMessage) => T | Promise<T>;

/**
 * Sends one request to one of `addresses` and no other, whatever the name of the URL means by now: what is
 * connected to is always the address itself, and the name is for the certificate and the Host header only.
 */
export async function requestAt<T>(
  url: URL,
  addresses: readonly ResolvedAddress[],
  init: OutgoingInit,
  signal: AbortSignal,
  trust: readonly Authorities[],
  take: Take<T>,
): Promise<T> {
  const secure = url.protocol === "https:";
  const name = url.hostname.replace(/^\[|\]$/g, "");
  const attempt = { connected: false };
  return await firstThatOpens(addresses, secure ? trust : [undefined], async (address, ca) => {
    const open = await opener(address, portOf(url), secure ? { name, ca } : null);
    return await requestOnce(url, address, init, signal, open, attempt, take);
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

/** Opens a connection, with `secure` one whose certificate is good. */
export async function connectAt(
  addresses: readonly ResolvedAddress[],
  port: number,
  secure: { name: string; trust: readonly Authorities[] } | null,
  signal: AbortSignal,
): Promise<Socket> {
  return await firstThatOpens(addresses, secure?.trust ?? [undefined], async (address, ca) => {
    const open = await opener(address, port, secure && { name: secure.name, ca });
    signal.throwIfAborted();
    const socket = open();
    const onAbort = () => socket.destroy();
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      return await new Promise<Socket>((resolve, reject) => {
        const ready = secure === null ? "connect" : "secureConnect";
        socket.once(ready, () => resolve(socket.setNoDelay(true)));
        socket.once("error", reject);
        socket.once("close", () => reject(new Error("the connection was closed")));
      });
    } catch (error) {
      socket.destroy();
      throw error;
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }, () => !signal.aborted);
}

async function requestOnce<T>(
  url: URL,
  address: string,
  init: OutgoingInit,
  signal: AbortSignal,
  open: () => Socket,
  attempt: { connected: boolean },
  take: Take<T>,
): Promise<T> {
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
      insecureHTTPParser: init.lenient ?? false,
      headers: { host: url.host, ...headersOf(init) },
      signal,
      createConnection() {
        const socket = open();
        socket.once(secure ? "secureConnect" : "connect", () => {
          attempt.connected = true;
          if (secure) init.onCertificate?.(certificateOf(socket as TLSSocket));
        });
        socket.once("error", (error) => cause = error);
        return socket;
      },
    };
    const sent = request(options, (answer) => resolve(take(answer)));
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

const headersOfAnswer = (answer: IncomingMessage): Record<string, string> =>
  Object.fromEntries(
    Object.entries(answer.headers).map(([name, value]) => [name, String(value)]),
  );

const BROKEN = "the connection broke within the answer";

/** Reads an answer as text, up to so many bytes. */
export const textUpTo = (maxBytes = ANSWER_BYTES_MOST): Take<OutgoingAnswer> => (answer) =>
  new Promise((resolve, reject) => {
    const parts: Uint8Array[] = [];
    let bytes = 0;
    const finish = (truncated: boolean) => {
      const text = new TextDecoder().decode(Buffer.concat(parts).subarray(0, maxBytes));
      const headers = headersOfAnswer(answer);
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
    answer.on("close", () => reject(new OutgoingError("unreachable", BROKEN)));
  });

/** Gives an answer on as it comes; nobody who reads slowly makes it pile up here. */
export function streamOf(answer: IncomingMessage): OutgoingStream {
  let over = false;
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      const end = (how: () => void) => {
        if (!over) how();
        over = true;
      };
      answer.on("data", (part: Uint8Array<ArrayBuffer>) => {
        if (over) return;
        controller.enqueue(new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
        if ((controller.desiredSize ?? 0) <= 0) answer.pause();
      });
      answer.on("end", () => end(() => controller.close()));
      const broken = () => controller.error(new OutgoingError("unreachable", BROKEN));
      answer.on("error", () => end(broken));
      answer.on("close", () => end(broken));
    },
    pull() {
      answer.resume();
    },
    cancel() {
      over = true;
      answer.destroy();
    },
  }, new ByteLengthQueuingStrategy({ highWaterMark: WAITING_BYTES }));
  return { status: answer.statusCode ?? 0, headers: headersOfAnswer(answer), body };
}
