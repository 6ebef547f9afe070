import { messageOf } from "../../base/errors.ts";

/** Why a connection was refused or ended, as a part of a sentence, and whether another version may help. */
export interface Refusal {
  why: string;
  /** The server does not speak this version of MQTT. */
  version: boolean;
}

/** Return codes of 3.1.1 and reason codes of 5 that a broker gives in CONNACK and DISCONNECT. */
const CODES: Readonly<Record<number, string>> = {
  1: "it does not speak this version of MQTT",
  2: "it does not accept the client id",
  3: "it is not available at the moment",
  4: "user name or password are wrong",
  5: "this user is not allowed to connect",
  0x80: "it gives no reason",
  0x81: "it found the packet malformed",
  0x82: "it reports a protocol error",
  0x84: "it does not speak this version of MQTT",
  0x85: "it does not accept the client id",
  0x86: "user name or password are wrong",
  0x87: "this user is not allowed to connect",
  0x88: "it is not available at the moment",
  0x89: "it is busy",
  0x8a: "this client is banned",
  0x8b: "it is shutting down",
  0x8c: "it does not accept this way to sign in",
  0x8d: "it heard nothing for too long",
  0x8e: "another client connected with the same client id",
  0x95: "a packet was too large for it",
  0x97: "a quota is used up",
  0x9c: "another server is to be used",
  0x9d: "the server has moved",
  0x9f: "too many connections in a short time",
};

/** What a code means. Codes of both versions are disjoint, except that 0 is success. */
export function refusalOf(code: number): Refusal {
  return {
    why: CODES[code] ?? `it answered with code ${code}`,
    version: code === 1 || code === 0x84,
  };
}

const TLS: readonly [pattern: RegExp, why: string][] = [
  [
    /UnknownIssuer|BadSignature|self.signed|unable to get (local )?issuer|unable to verify/i,
    "its certificate is not signed by an authority that this host knows; name the authority's file (MQTT_CA)",
  ],
  [/NotValidForName|does not match|altname/i, "its certificate is for another name"],
  [/Expired/i, "its certificate has expired"],
  [/NotValidYet/i, "its certificate is not valid yet, or this host's clock is wrong"],
  [
    /CertificateRequired|certificate required|HandshakeFailure|handshake failure/i,
    "it refused the handshake; it may ask for a client certificate (MQTT_CERT, MQTT_KEY)",
  ],
  [
    /UnknownCA|AccessDenied|BadCertificate|CertificateUnknown|DecryptError/i,
    "it refused the client certificate",
  ],
  [
    /InvalidContentType|corrupt message|wrong version number|InvalidMessage/i,
    "there is no TLS at this port; try mqtt:// instead of mqtts://",
  ],
  [/InvalidCertificate|invalid peer certificate|certificate/i, "its certificate is not valid"],
];

/** Why a connection could not be opened, as a part of a sentence. */
export function whyUnreachable(error: unknown): string {
  const message = messageOf(error);
  if (error instanceof Deno.errors.ConnectionRefused || /ECONNREFUSED/.test(message)) {
    return "connection refused";
  }
  if (error instanceof DOMException && error.name === "TimeoutError") return "no answer in time";
  if (error instanceof Deno.errors.TimedOut || /ETIMEDOUT/.test(message)) {
    return "no answer in time";
  }
  if (/lookup|ENOTFOUND|EAI_AGAIN|resolve/i.test(message)) return "its name cannot be resolved";
  if (/unreachable|EHOSTUNREACH|ENETUNREACH/i.test(message)) return "there is no route to it";
  for (const [pattern, why] of TLS) if (pattern.test(message)) return why;
  if (
    /ECONNRESET|reset|EPIPE|broken pipe|unexpected ?eof|socket hang up|close_notify/i.test(message)
  ) {
    return "it closed the connection";
  }
  const status = /Unexpected server response: (\d+)/.exec(message);
  if (status !== null) return `it answered the WebSocket request with status ${status[1]}`;
  return message;
}
