import type { Socket } from "node:net";

/** The one way out: every connection that Perch opens because of an address somebody gave (`create_outgoing.ts`). */
export interface Outgoing {
  /**
   * One HTTP request, never redirected: a 3xx is an answer like others. @throws OutgoingError
   */
  fetch(url: string, init?: OutgoingInit): Promise<OutgoingAnswer>;
  /**
   * One HTTP request, never redirected, whose answer is read as it comes; `timeoutMs` is for what comes before the
   * body. @throws OutgoingError
   */
  open(url: string, init?: Omit<OutgoingInit, "maxBytes">): Promise<OutgoingStream>;
  /**
   * A TCP connection, with `tls` one whose certificate is that of `host`. Whoever speaks TLS over a plain one
   * later checks that by itself. @throws OutgoingError
   */
  connect(host: string, port: number, init?: ConnectInit & { tls?: boolean }): Promise<Socket>;
  /** The certificate of a host, whether it is good or not. @throws OutgoingError when none is shown */
  certificate(host: string, port: number, init?: ConnectInit): Promise<PeerCertificate>;
  /**
   * Records of a name, as texts: as this host resolves names, or of a name server, which is judged as any other
   * address. @throws OutgoingError `unreachable` also when there is none
   */
  records(name: string, type: RecordType, init?: RecordsInit): Promise<string[]>;
  /** Milliseconds until a host answers an echo. What is allowed has port 0. @throws OutgoingError */
  ping(host: string, init?: ConnectInit): Promise<number>;
  /** Whether this host lets Perch send pings. */
  mayPing(): boolean;
  /**
   * What certificates are checked against, for whoever speaks TLS over a plain connection: one set of
   * authorities after the other, until one fits.
   */
  trust(): Promise<readonly Authorities[]>;
  /**
   * Says before it is needed that an http(s) address cannot be used. A name that cannot be resolved at the
   * moment passes. @throws OutgoingError `invalid`, `forbidden`
   */
  check(url: string): Promise<void>;
  /**
   * The address and port that `allow` has to name for this host: `192.168.1.20:554`; null: none, it is open.
   * @throws OutgoingError also `forbidden`, for what an admin cannot allow
   */
  toAllow(host: string, port: number): Promise<string | null>;
}

/** PEM texts; undefined: the well-known authorities, which this process may use and not read. */
export type Authorities = string[] | undefined;

export interface ConnectInit {
  signal?: AbortSignal;
  /** For the whole: resolving, connecting, answer. Default 10 s. */
  timeoutMs?: number;
  /** The address stands in the environment: whoever sets that owns the host, so it is not judged. Default false. */
  trusted?: boolean;
  /**
   * An address and port that an admin allowed for this purpose, as `toAllow` names it. It opens a private network
   * for exactly that; what is closed stays closed. Of several private addresses of a name it is the one taken.
   */
  allow?: string;
}

export const RECORD_TYPES = ["A", "AAAA", "CNAME", "MX", "NS", "PTR", "SRV", "TXT"] as const;
export type RecordType = typeof RECORD_TYPES[number];

export interface RecordsInit extends ConnectInit {
  /** Default: those of this host. */
  server?: { host: string; port: number };
}

/** What a host showed when TLS was agreed. */
export interface PeerCertificate {
  validToMs: number;
  /** Its common name, else the organisation. */
  subject: string;
  issuer: string;
  /** Why it is not good for this host, a code of TLS: `CERT_HAS_EXPIRED`; null: it is. */
  fault: string | null;
}

export interface OutgoingInit extends ConnectInit {
  /** Default GET. */
  method?: string;
  headers?: Readonly<Record<string, string>>;
  body?: string | Uint8Array;
  /** Reads an answer whose lines end wrongly, too, as small devices write it. Default false. */
  lenient?: boolean;
  /** Hears of the certificate once TLS is agreed; only good ones are. */
  onCertificate?(certificate: PeerCertificate): void;
  /** Bytes of the answer that are read; the rest is cut off. Default 64 KiB. */
  maxBytes?: number;
}

export interface OutgoingAnswer {
  status: number;
  /** Names in lower case. */
  headers: Readonly<Record<string, string>>;
  text: string;
  /** The answer was longer than `maxBytes`. */
  truncated: boolean;
}

/** An answer that is read as it comes. */
export interface OutgoingStream {
  status: number;
  /** Names in lower case. */
  headers: Readonly<Record<string, string>>;
  /** Fails when the connection breaks. Cancelling it, or aborting the signal of the request, closes the connection. */
  body: ReadableStream<Uint8Array<ArrayBuffer>>;
}

export type OutgoingFault =
  /** Not an address that can be connected to. */
  | "invalid"
  /** The guard refuses it. */
  | "forbidden"
  /** The name is not known, nobody listens, the connection broke. */
  | "unreachable"
  | "timeout"
  /** The certificate is not one of that name, or of no known authority. */
  | "tls";

/** Why there is no answer, in a sentence for people. */
export class OutgoingError extends Error {
  override readonly name = "OutgoingError";
  /** The address and port that an admin may allow by `allow`; null: that is not what keeps it. */
  readonly toAllow: string | null;
  constructor(
    readonly fault: OutgoingFault,
    message: string,
    { toAllow = null, ...options }: ErrorOptions & { toAllow?: string | null } = {},
  ) {
    super(message, options);
    this.toAllow = toAllow;
  }
}
