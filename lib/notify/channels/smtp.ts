import type { SendMailOptions } from "nodemailer";
import type { Authorities } from "../../base/outgoing.ts";
import type { Outcome, SendContext } from "../channel.ts";

/** How encryption begins. `auto`: from the start on port 465, else STARTTLS where the server offers it. */
export const SECURITY = ["auto", "tls", "starttls", "none"] as const;

export interface SmtpServer {
  host: string;
  port: number;
  security: typeof SECURITY[number];
  /** Null: nobody signs in. */
  user: string | null;
  password: string | null;
  /** The address stands in the environment. */
  trusted: boolean;
}

const TLS_PORT = 465;
/** A wrong password, tried again and again, would lock the account. */
const WRONG_PASSWORD_WAIT_MS = 5 * 60_000;

/** Who only looks does not wait longer. */
const GREETING_MS = 9_000;

/** Hands one mail to a server through the guard. */
export async function sendMail(
  server: SmtpServer,
  mail: SendMailOptions,
  context: Pick<SendContext, "outgoing" | "signal">,
): Promise<Outcome> {
  try {
    return await withTransport(server, context, async (transport) => {
      const { response, accepted, rejectedErrors = [] } = await transport.sendMail(
        { ...mail, signal: context.signal },
      );
      return rejectedErrors.length === 0
        ? { state: "delivered", answer: response }
        : partly(accepted.map(addressOf), rejectedErrors as SmtpError[]);
    });
  } catch (error) {
    return outcomeOf(error);
  }
}

/** Connects, greets and begins encryption as for a mail; signs in nowhere and sends nothing. @throws why not */
export async function greetServer(
  server: SmtpServer,
  context: Pick<SendContext, "outgoing" | "signal">,
): Promise<void> {
  await withTransport(server, context, (transport) => transport.verify(), { greets: true });
}

/** Tries one set of authorities after the other, until the server's certificate fits. */
async function withTransport<T>(
  server: SmtpServer,
  context: Pick<SendContext, "outgoing" | "signal">,
  use: (transport: Transport) => Promise<T>,
  { greets = false } = {},
): Promise<T> {
  const encryption = encryptionOf(server);
  // Over a connection that speaks TLS already the certificate is checked; STARTTLS checks it here.
  const trust = encryption.secure ? [undefined] : await context.outgoing.trust();
  let failure: unknown;
  for (const ca of trust) {
    const transport = await transportTo(greets ? { ...server, user: null } : server, {
      encryption,
      greetingMs: greets ? GREETING_MS : undefined,
      ca,
      context,
    });
    try {
      return await use(transport);
    } catch (error) {
      if (!isCertificateFault(error)) throw error;
      failure ??= error;
    } finally {
      transport.close();
    }
  }
  throw failure;
}

type Transport = Awaited<ReturnType<typeof transportTo>>;

async function transportTo(
  { host, port, user, password, trusted }: SmtpServer,
  { encryption, greetingMs, ca, context: { outgoing, signal } }: {
    encryption: ReturnType<typeof encryptionOf>;
    /** Longest wait for the server's first words; default half a minute. */
    greetingMs?: number;
    ca: Authorities;
    context: Pick<SendContext, "outgoing" | "signal">;
  },
) {
  // Loaded with the first mail: a Perch that sends none does without it.
  const { createTransport } = await import("nodemailer");
  const tls = encryption.secure;
  return createTransport({
    host,
    port,
    ...encryption,
    greetingTimeout: greetingMs,
    ...(user !== null && password !== null ? { auth: { user, pass: password } } : {}),
    tls: { servername: host, ...(ca === undefined ? {} : { ca }) },
    disableFileAccess: true,
    disableUrlAccess: true,
    getSocket(_, done) {
      outgoing.connect(host, port, { signal, trusted, tls }).then(
        (connection) => done(null, { connection, secured: tls }),
        (error) => done(error, false),
      );
    },
  });
}

/** The server judges each recipient: who took it has it, only the others are asked again. */
function partly(accepted: readonly string[], refused: readonly SmtpError[]): Outcome {
  const words = refused.map((one) => `${one.recipient}: ${one.response ?? one.message}`);
  return {
    state: refused.some(passes) ? "retry" : "failed",
    answer: `${words.join("; ")}; taken for ${accepted.join(", ")}`,
    remaining: refused.map((one) => one.recipient!),
  };
}

function addressOf(one: string | { address: string }): string {
  return typeof one === "string" ? one : one.address;
}

/** RFC 5321 §4.2.1: 4yz may be better later, 5yz will not. */
function passes({ responseCode }: SmtpError): boolean {
  return responseCode !== undefined && responseCode < 500;
}

/** The TLS of a connection failed before anything of the mail was sent. */
function isCertificateFault(error: unknown): boolean {
  const { code, responseCode, command } = error as SmtpError;
  const early = command === undefined || command === "CONN" || command === "STARTTLS";
  return responseCode === undefined && early && (code === "ETLS" || code === "ESOCKET");
}

function encryptionOf({ host, port, security, password }: SmtpServer) {
  const secure = security === "tls" || (security === "auto" && port === TLS_PORT);
  // A password never travels in the clear, unless to this host itself or because somebody allowed it.
  const inClear = security === "none" || password === null || isLoopbackName(host);
  return {
    secure,
    ignoreTLS: security === "none",
    requireTLS: security === "starttls" || (security === "auto" && !inClear),
  };
}

function isLoopbackName(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d+){3}$/.test(host);
}

interface SmtpError extends Error {
  code?: string;
  /** Of the session that failed: CONN, STARTTLS, DATA … */
  command?: string;
  /** Status of the server's answer. */
  responseCode?: number;
  response?: string;
  /** Whom the server refused. */
  recipient?: string;
  /** One for each recipient, when it refused all. */
  rejectedErrors?: SmtpError[];
}

/** What an error of the whole session means. A wrong password may be mended meanwhile. */
function outcomeOf(error: unknown): Outcome {
  const { code, responseCode, message, rejectedErrors = [] } = error as SmtpError;
  if (code === "EAUTH") return { state: "retry", answer: message, afterMs: WRONG_PASSWORD_WAIT_MS };
  if (code === "ETLS" && responseCode !== undefined) {
    return { state: "retry", answer: `${message} (the server offers no STARTTLS)` };
  }
  if (responseCode !== undefined) {
    return {
      state: passes({ responseCode } as SmtpError) || rejectedErrors.some(passes)
        ? "retry"
        : "failed",
      answer: `${responseCode} ${message}`,
    };
  }
  throw error;
}
