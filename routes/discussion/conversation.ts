/** The conversation about an alarm or a ticket: what happened to it, comments and files, by time. */
import type { Clock } from "../../lib/base/clock.ts";
import type { LoggedEvent } from "../../lib/events/event.ts";
import type { EventLog } from "../../lib/events/events_store.ts";
import type { Attachment, Comment, SubjectKind } from "../../lib/tickets/subject.ts";
import type { DiscussionServices } from "./request.ts";

export interface DiscussionParts extends DiscussionServices {
  events: Pick<EventLog, "list">;
  clock: Clock;
  /** The site's time zone, an IANA name. */
  zone: string;
}

/** One contribution, by its time. */
export type Entry =
  & { tMs: number; who: string | null }
  & (
    | { kind: "event"; event: LoggedEvent }
    | { kind: "comment"; comment: Comment }
    | { kind: "attachment"; attachment: Attachment }
  );

export interface Conversation {
  kind: SubjectKind;
  /** In the address: `T-12`, an alarm's id. */
  id: string;
  /** Oldest first. */
  entries: Entry[];
  /** There is more before them. */
  cut: boolean;
}

/** Newest of each that a page shows. */
export const SHOWN = 100;
/** Comments and files stand for themselves. */
const IS_COMMENTED = /\.commented$/;

/** Reads what a page shows of the conversation about an alarm or a ticket. */
export async function readConversation(
  { events, comments, attachments }: DiscussionParts,
  kind: SubjectKind,
  id: string,
): Promise<Conversation> {
  const limit = SHOWN;
  const [happened, written, attached] = await Promise.all([
    events.list({ subject: `${kind}:${id}`, limit }),
    comments.list(kind, id, { limit }),
    attachments.list(kind, id, { limit }),
  ]);
  // Newest first came in. Of what has the same time, words stand before the file they came with.
  const entries: Entry[] = [
    ...happened.items.filter((event) => !IS_COMMENTED.test(event.type)).map((event): Entry => ({
      kind: "event",
      tMs: event.tMs,
      who: event.actor,
      event,
    })).reverse(),
    ...written.items.map((comment): Entry => ({
      kind: "comment",
      tMs: comment.created_ms,
      who: comment.author,
      comment,
    })).reverse(),
    ...attached.items.map((attachment): Entry => ({
      kind: "attachment",
      tMs: attachment.created_ms,
      who: attachment.author,
      attachment,
    })).reverse(),
  ];
  return {
    kind,
    id,
    entries: entries.sort((a, b) => a.tMs - b.tMs),
    cut: [happened, written, attached].some(({ next }) => next !== null),
  };
}
