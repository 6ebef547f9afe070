import type { ClientRequest, IncomingMessage, RequestOptions } from "node:http";
import { Buffer } from "node:buffer";
import { type OutgoingAnswer, OutgoingError, type OutgoingInit } from "./outgoing.ts";

/** An address that a name was resolved to. */
export interface ResolvedAddress {
  address: string;
  family: 4 | 6;
}

const ANSWER_BYTES_MOST = 64 * 1024;
const USER_AGENT = "Perch";

/** Sends one request to one of `addresses` and no other, whatever the name of the URL means by now. */
export async function requestAt(
  url: URL,
  addresses: readonly ResolvedAddress[],
  init: OutgoingInit,
  signal: AbortSignal,
  ca: readonly string[] | undefined,
): Promise<OutgoingAnswer> {
  const tls = url.protocol === "https:";
  const { request } = tls ? await import("node:https") : await import("node:http");
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const options: RequestOptions & { servername?: string; ca?: readonly string[] } = {
    host,
    port: url.port === "" ? (tls ? 443 : 80) : Number(url.port),
    path: url.pathname + url.search,
    method: init.method ?? "GET",
    headers: headersOf(init),
    // A connection of its own each: none that was opened under other rules is used again.
    agent: false,
    lookup: lookupAmong(addresses),
    signal,
    ...(tls ? { ca, servername: host } : {}),
  };
  return await new Promise((resolve, reject) => {
    const sent: ClientRequest = request(options as RequestOptions, (answer) => {
      read(answer, init.maxBytes ?? ANSWER_BYTES_MOST).then(resolve, reject);
    });
    sent.on("error", reject);
    sent.end(init.body);
  });
}

function headersOf({ headers, body }: OutgoingInit): Record<string, string | number> {
  const sent = { "user-agent": USER_AGENT, "accept-encoding": "identity", ...headers };
  return body === undefined ? sent : { ...sent, "content-length": Buffer.byteLength(body) };
}

type LookupDone = (error: Error | null, address: unknown, family?: number) => void;

function lookupAmong(addresses: readonly ResolvedAddress[]) {
  const [first] = addresses;
  return ((_host: string, options: { all?: boolean }, done: LookupDone) => {
    if (options.all) done(null, addresses);
    else done(null, first.address, first.family);
  }) as RequestOptions["lookup"];
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
