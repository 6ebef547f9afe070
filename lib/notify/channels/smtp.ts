import type { SendMailOptions } from "nodemailer";
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

/** Hands one mail to a server through the guard. */
export async function sendMail(
  server: SmtpServer,
  mail: SendMailOptions,
  { outgoing, signal }: Pick<SendContext, "outgoing" | "signal">,
): Promise<Outcome> {
  // Loaded with the first mail: a Perch that sends none does without it.
  const { createTransport } = await import("nodemailer");
  const { host, port, user, password, trusted } = server;
  const encryption = encryptionOf(server);
  const transport = createTransport({
    host,
    port,
    ...encryption,
    ...(user !== null && password !== null ? { auth: { user, pass: password } } : {}),
    tls: { ca: await outgoing.authorities(), servername: host },
    disableFileAccess: true,
    disableUrlAccess: true,
    getSocket(_, done) {
      const tls = encryption.secure;
      outgoing.connect(host, port, { signal, trusted, tls }).then(
        (connection) => done(null, { connection, secured: tls }),
        (error) => done(error, false),
      );
    },
  });
  try {
    const { response, rejected } = await transport.sendMail({ ...mail, signal });
    const refused = rejected.length === 0 ? "" : `; refused: ${rejected.join(", ")}`;
    return { state: "delivered", answer: response + refused };
  } catch (error) {
    return outcomeOf(error);
  } finally {
    transport.close();
  }
}

function encryptionOf({ host, port, security, password }: SmtpServer) {
  const secure = security === "tls" || (security === "auto" && port === TLS_PORT);
  // A password never travels in the clear, unless to this host itself or because somebody said so.
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
  /** Status of the server's answer. */
  responseCode?: number;
  response?: string;
}

/** RFC 5321 §4.2.1: 4yz may be better later, 5yz will not. A wrong password may be mended meanwhile. */
function outcomeOf(error: unknown): Outcome {
  const { code, responseCode, message } = error as SmtpError;
  if (code === "EAUTH") return { state: "retry", answer: message, afterMs: WRONG_PASSWORD_WAIT_MS };
  if (code === "ETLS" && responseCode !== undefined) {
    return { state: "retry", answer: `${message} (the server offers no STARTTLS)` };
  }
  if (responseCode !== undefined) {
    return {
      state: responseCode >= 500 ? "failed" : "retry",
      answer: `${responseCode} ${message}`,
    };
  }
  throw error;
}
