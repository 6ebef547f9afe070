import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { z } from "zod";
import type { FieldError } from "../../base/errors.ts";
import type { ChannelEnvironment } from "../channel.ts";
import { defineChannel } from "../define.ts";
import type { Message } from "../message.ts";
import { mailText, pictureId } from "./mail_text.ts";
import { greetServer, SECURITY, sendMail, type SmtpServer } from "./smtp.ts";

/** Servers of the big providers; they want a password made for programs. */
const PRESETS = {
  gmail: { host: "smtp.gmail.com", port: 465, security: "tls" },
  outlook: { host: "smtp-mail.outlook.com", port: 587, security: "starttls" },
  yahoo: { host: "smtp.mail.yahoo.com", port: 465, security: "tls" },
} as const;

const host = z.string().trim().min(1).max(253).regex(
  /^[^\s/@?#\\]+$/,
  "a host name or an address",
);

const options = z.strictObject({
  service: z.enum(["environment", "gmail", "outlook", "yahoo", "custom"]).default("environment")
    .meta({
      title: "Service",
      description: "environment: the server of SMTP_SERVER; custom: the one below.",
    }),
  server: host.optional().meta({ title: "Server", description: "Of the custom service." }),
  port: z.int().min(1).max(65_535).default(587).meta({
    title: "Port",
    description: "Of the custom service: 587, 465 or 25.",
  }),
  security: z.enum(SECURITY).default("auto").meta({
    title: "Encryption",
    description: "auto: TLS on port 465, else STARTTLS; none only inside your own network.",
  }),
  user: z.string().trim().max(320).optional().meta({
    title: "User",
    description: "Empty: the sender's address.",
  }),
  password: z.string().max(1000).optional().meta({
    title: "Password",
    description: "Gmail, Outlook and Yahoo want one that is made for programs.",
    secret: true,
  }),
  from: z.email().optional().meta({
    title: "Sender",
    description: "Address that mails come from. Empty: SENDER_EMAIL.",
  }),
  to: z.array(z.email()).max(50).default([]).meta({
    title: "Recipients",
    description: "Empty: RECIPIENT_EMAIL.",
  }),
  pictures: z.boolean().default(true).meta({
    title: "Pictures of cameras",
    description: "With mails of alarms, where a camera looks at the machine.",
  }),
});

type Options = z.output<typeof options>;

/** Mail over SMTP. */
export const email = defineChannel({
  kind: "email",
  title: "Email",
  about: "Mails through your provider or your own server.",
  options,
  toPersons: true,
  showsPictures: true,
  attachesFiles: true,
  start: ({ smtp }) => smtp.server === null ? { service: "custom" } : {},
  inEnvironment: ({ smtp }) => smtp.server !== null && smtp.recipient !== null,
  limits: { timeoutMs: 30_000 },
  refused: ({ service, server }) =>
    server === undefined || service === "custom" ? null : {
      path: "service",
      message: `${service} does not use ${server}: choose custom, or leave the server empty`,
    },
  fault: (given, { smtp }) => {
    const missing = placeAndSender(given, smtp);
    return "path" in missing ? missing : null;
  },
  async greet(given, { environment: { smtp }, ...context }) {
    const ready = placeAndSender(given, smtp);
    if ("path" in ready) throw new Error(ready.message);
    await greetServer(ready.server, context);
  },
  async send(given, whole, context) {
    const message = given.pictures ? whole : { ...whole, pictures: [] };
    const { smtp } = context.environment;
    const ready = placeAndSender(given, smtp);
    if ("path" in ready) return { state: "failed", answer: ready.message };
    const { server, from } = ready;
    const own = given.to.length > 0 ? given.to : smtp.recipient === null ? [] : [smtp.recipient];
    const to = message.to.length > 0 ? [...message.to] : own;
    if (to.length === 0) {
      return { state: "failed", answer: "no recipient is given, and RECIPIENT_EMAIL is not set" };
    }
    const mail = {
      from: { name: `Perch ${context.site}`, address: from },
      to,
      date: new Date(context.clock.now()),
      ...headersOf(message, context.site, from.slice(from.lastIndexOf("@") + 1)),
      ...mailText(message, context.site),
      attachments: attachmentsOf(message),
    };
    return await sendMail(server, mail, context);
  },
});

/** Where mails go and who they come from, or the option that is missing for it. */
function placeAndSender(
  given: Options,
  smtp: ChannelEnvironment["smtp"],
): { server: SmtpServer; from: string } | FieldError {
  const server = serverOf(given, smtp);
  if (server === null) {
    return given.service === "custom"
      ? { path: "server", message: "there is no mail server: no server is given" }
      : {
        path: "service",
        message: "there is no mail server: SMTP_SERVER is not set; choose another service",
      };
  }
  const from = given.from ?? smtp.sender ?? server.user;
  return from !== null && from.includes("@")
    ? { server, from }
    : { path: "from", message: "no sender is given, and SENDER_EMAIL is not set" };
}

/** The server and who signs in there; null when none is set. */
function serverOf(given: Options, smtp: ChannelEnvironment["smtp"]): SmtpServer | null {
  if (given.service === "environment") {
    if (smtp.server === null) return null;
    const password = smtp.password?.reveal() ?? null;
    return {
      host: smtp.server,
      port: smtp.port,
      security: "auto",
      user: smtp.sender,
      password,
      trusted: true,
    };
  }
  const user = given.user || given.from || null;
  const password = given.password || null;
  const custom = given.server === undefined
    ? null
    : { host: given.server, port: given.port, security: given.security };
  const place = given.service === "custom" ? custom : PRESETS[given.service];
  return place === null ? null : { ...place, user, password, trusted: false };
}

/** Pictures stand in the mail itself, where its program shows them; files beside it. */
function attachmentsOf(message: Message) {
  const pictures = (message.pictures ?? []).map(({ file, jpeg }, i) => ({
    filename: file,
    content: bufferOf(jpeg),
    contentType: "image/jpeg",
    contentDisposition: "inline" as const,
    cid: pictureId(message, i),
  }));
  const files = (message.files ?? []).map(({ file, type, content }) => ({
    filename: file,
    content: bufferOf(content),
    contentType: type,
    contentDisposition: "attachment" as const,
  }));
  return [...pictures, ...files];
}

const bufferOf = ({ buffer, byteOffset, byteLength }: Uint8Array) =>
  Buffer.from(buffer, byteOffset, byteLength);

/** Headers by which mail programs thread, filter and do not answer. */
function headersOf(message: Message, site: string, domain: string) {
  const { uid, thread, severity, kind } = message;
  const name = site.toLowerCase().replaceAll(/[^a-z0-9-]+/g, "-") || "perch";
  // What all mails about one thing refer to; no mail has it as its own.
  const root = thread === null ? null : `<${digest(thread)}.thread@${domain}>`;
  return {
    // The same on each repeat: mail servers and programs show one of them.
    messageId: `<${uid}@${domain}>`,
    ...(root === null ? {} : { inReplyTo: root, references: [root] }),
    ...(severity === "critical" && kind === "firing" ? { priority: "high" as const } : {}),
    headers: {
      "Auto-Submitted": "auto-generated",
      "X-Auto-Response-Suppress": "All",
      "List-Id": { prepared: true, value: `Perch <${name}.perch.${domain}>` },
      "X-Perch-Id": uid,
    },
  };
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 24);
}
