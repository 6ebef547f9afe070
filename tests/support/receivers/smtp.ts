/** A real SMTP server (npm smtp-server) that keeps what it took, and refuses as mail servers do. */
import type { Buffer } from "node:buffer";
import PostalMime, { type Email } from "postal-mime";
import { SMTPServer } from "smtp-server";

export type SmtpMood =
  | "good"
  /** 450 to the recipient. */
  | "rate limited"
  /** 451 to the message. */
  | "broken"
  /** 550 to the recipient. */
  | "unknown recipient"
  /** 554 to the message. */
  | "refusing"
  /** Takes the connection and says nothing. */
  | "silent"
  /** Closes the connection within the session. */
  | "hanging up";

export interface TakenMail {
  from: string;
  to: string[];
  /** As it came over the wire. */
  raw: string;
  mail: Email;
  /** Over TLS. */
  secure: boolean;
  user: string | null;
  atMs: number;
}

export interface SmtpReceiver {
  readonly port: number;
  readonly mails: TakenMail[];
  /** Sessions that were begun. */
  sessions: number;
  /** Passwords that were tried. */
  readonly tried: string[];
  mood: SmtpMood;
  /** Addresses that are answered 451 so many times (greylisting). */
  readonly putOff: Map<string, number>;
  close(): Promise<void>;
}

export interface SmtpOptions {
  /** Certificate and key files: STARTTLS is offered, or TLS from the start with `implicit`. */
  tls?: { cert: string; key: string };
  implicit?: boolean;
  /** Sign-in is demanded. */
  user?: string;
  password?: string;
  port?: number;
}

export async function startSmtp(options: SmtpOptions = {}): Promise<SmtpReceiver> {
  const { tls, implicit = false, user, password } = options;
  const mails: TakenMail[] = [];
  const tried: string[] = [];
  const server = new SMTPServer({
    secure: implicit,
    authOptional: user === undefined,
    disabledCommands: [
      ...(tls === undefined || implicit ? ["STARTTLS"] : []),
      ...(user === undefined ? ["AUTH"] : []),
    ],
    allowInsecureAuth: true,
    disableReverseLookup: true,
    ...(tls === undefined
      ? {}
      : { cert: Deno.readTextFileSync(tls.cert), key: Deno.readTextFileSync(tls.key) }),
    onConnect(_, done) {
      receiver.sessions++;
      if (receiver.mood !== "silent") done();
    },
    onAuth(auth, _, done) {
      tried.push(auth.password ?? "");
      if (auth.username === user && auth.password === password) return done(null, { user });
      done(fault(535, "5.7.8 Username and Password not accepted"));
    },
    onMailFrom(_, __, done) {
      if (receiver.mood === "hanging up") { for (const one of server.connections) one.close(); }
      else done();
    },
    onRcptTo(address, _, done) {
      const left = receiver.putOff.get(address.address) ?? 0;
      if (left > 0) {
        receiver.putOff.set(address.address, left - 1);
        done(fault(451, "4.7.1 Greylisted, come later"));
      } else if (receiver.mood === "rate limited") {
        done(fault(450, "4.7.1 Too many mails, come later"));
      } else if (receiver.mood === "unknown recipient" || address.address.startsWith("nobody@")) {
        done(fault(550, `5.1.1 ${address.address}: no such user here`));
      } else done();
    },
    onData(stream, session, done) {
      const parts: Buffer[] = [];
      stream.on("data", (part: Buffer) => parts.push(part));
      stream.on("end", async () => {
        if (receiver.mood === "broken") return done(fault(451, "4.3.0 out of order"));
        if (receiver.mood === "refusing") return done(fault(554, "5.7.1 looks like spam"));
        const raw = new TextDecoder().decode(concat(parts));
        mails.push({
          from: session.envelope.mailFrom === false ? "" : session.envelope.mailFrom.address,
          to: session.envelope.rcptTo.map((one) => one.address),
          raw,
          mail: await PostalMime.parse(raw),
          secure: session.secure,
          user: typeof session.user === "string" ? session.user : null,
          atMs: Date.now(),
        });
        done(null, `2.0.0 Ok: queued as ${mails.length}`);
      });
    },
  });
  server.on("error", () => {});
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, "127.0.0.1", resolve));
  const receiver: SmtpReceiver = {
    port: (server.server.address() as { port: number }).port,
    mails,
    sessions: 0,
    tried,
    mood: "good",
    putOff: new Map(),
    close: () => {
      for (const one of server.connections) one.close();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return receiver;
}

function fault(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode });
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
