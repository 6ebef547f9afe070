import type { LoggedEvent } from "../events/event.ts";
import type { Message } from "./message.ts";
import { messageOf, type MessageOptions } from "./message_of.ts";

/** A link by which a person sets a password; made when it is sent and stored nowhere. */
export interface OneUseLink {
  url: string;
  kind: "invite" | "reset";
  expiresMs: number;
}

/** An invitation or a password reset, for one person. */
export function linkMessage(
  event: LoggedEvent,
  link: OneUseLink,
  { to, site, ...options }: MessageOptions & { site: string },
): Message {
  const invited = link.kind === "invite";
  const until = new Intl.DateTimeFormat("sv-SE", {
    timeZone: options.zone,
    dateStyle: "short",
    timeStyle: "short",
  }).format(link.expiresMs);
  return {
    ...messageOf(event, { ...options, link: link.url, to }),
    title: invited ? `You are invited to Perch at ${site}` : `A new password for Perch at ${site}`,
    lines: [
      invited
        ? "Open the link to choose a password and sign in."
        : "Open the link to choose a new password. If you did not ask for one, do nothing.",
      `It works once, until ${until} (${options.zone}).`,
    ],
    facts: [],
    thread: null,
    event: null,
  };
}
