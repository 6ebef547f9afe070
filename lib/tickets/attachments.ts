import { join } from "node:path";
import type { Clock } from "../base/clock.ts";
import { PerchError } from "../base/errors.ts";
import { createFileStore, type FileStore } from "../base/file_store.ts";
import type { Log } from "../base/log.ts";
import type { Task } from "../base/supervisor.ts";
import type { Database, SqlStatement } from "../db/client.ts";
import type { PageOf, PageQuery } from "../db/list.ts";
import type { EventLog } from "../events/events_store.ts";
import { createAttachmentStore, type StoredAttachment } from "./attachment_store.ts";
import {
  type Attachment,
  type Author,
  type Subject,
  type SubjectKind,
  subjectOf,
  type Subjects,
} from "./subject.ts";
import type { Comments } from "./comments.ts";
import { cleanFileName } from "./file_name.ts";
import { orGone, remarkOn } from "./words.ts";

/** What may be attached, by content. */
export const ATTACHMENT_TYPES = [
  "image/png",
  "image/jpeg",
  "image/webp",
  "image/gif",
  "application/pdf",
  "text/plain",
] as const;
/** The types that browsers show as pictures. */
export const PICTURE_TYPES: ReadonlySet<string> = new Set(
  ATTACHMENT_TYPES.filter((type) => type.startsWith("image/")),
);

/** All in bytes. */
export interface AttachmentLimits {
  file: number;
  /** All files of one alarm or ticket. */
  subject: number;
  total: number;
}

/** A file that somebody sends. */
export interface Upload {
  /** What its sender calls it: any text. */
  name: string;
  bytes: Uint8Array;
}

export interface AttachmentsDeps {
  db: Database;
  clock: Clock;
  log: Log;
  events: Pick<EventLog, "statement">;
  subjects: Subjects;
  comments: Pick<Comments, "drafted" | "removeGone">;
  limits: () => AttachmentLimits;
  /** Why the disk takes no files at the moment; null: it does. */
  refusal?: () => PerchError | null;
  dataDir: string;
  /** A file came or went; after COMMIT. */
  onChange: (kind: SubjectKind, id: string) => void;
}

/** Files with alarms and tickets. */
export interface Attachments {
  limits(): AttachmentLimits;
  /** Newest first. @throws `not_found` for the subject, as all of these */
  list(kind: SubjectKind, id: string, query: PageQuery): Promise<PageOf<Attachment>>;
  /**
   * Runs `work`, which reads a body into memory. So many at once, and not all of them one person's.
   * @throws PerchError `busy`
   */
  receive<T>(author: string, work: () => Promise<T>): Promise<T>;
  /**
   * Stores a file, and a comment with it in the same transaction where one is given.
   * @throws `validation` (type, pixels, text), `payload_too_large`, `storage_full` (quotas), `storage_failed`
   */
  add(
    kind: SubjectKind,
    id: string,
    upload: Upload,
    by: Author,
    comment?: string,
  ): Promise<Attachment>;
  /** The file with its bytes. @throws `not_found` also for one of another subject */
  open(
    kind: SubjectKind,
    id: string,
    attachment: number,
  ): Promise<{ attachment: Attachment; bytes: Uint8Array<ArrayBuffer> }>;
  /** @throws `not_found`; `forbidden` for others but moderators */
  remove(kind: SubjectKind, id: string, attachment: number, by: Author): Promise<void>;
  /** Removes what deleted alarms and crashes left: words and rows without an alarm, files without a row. */
  readonly task: Task;
}

const MOST_PER_SUBJECT = 100;
const AT_ONCE = 4;
const AT_ONCE_PER_AUTHOR = 2;
const SWEEP_MS = 60 * 60_000;

export function createAttachments(deps: AttachmentsDeps): Attachments {
  const { db, clock, log, events, subjects, limits } = deps;
  const store = createAttachmentStore(db);
  const files: FileStore = createFileStore({
    folder: join(deps.dataDir, "files", "attachments"),
    types: ATTACHMENT_TYPES,
    mostBytes: () => limits().file,
    quotaBytes: () => limits().total,
    refusal: deps.refusal,
  });
  const receiving = new Map<string, number>();

  async function found(kind: SubjectKind, id: string, attachment: number) {
    const subject = await subjectOf(subjects, kind, id);
    const known = await store.find(subject.key, attachment);
    if (known !== null) return { subject, known };
    throw new PerchError("not_found", `${subject.name} has no attachment ${attachment}`, {
      about: [`attachment:${attachment}`],
    });
  }

  async function checkRoom(subject: Subject, bytes: number): Promise<void> {
    const used = await store.used(subject.key);
    const most = limits().subject;
    if (used.count < MOST_PER_SUBJECT && used.bytes + bytes <= most) return;
    throw new PerchError(
      "storage_full",
      `the files of ${subject.name} may have ${megabytes(most)} MB (at most ${MOST_PER_SUBJECT} ` +
        `files) and have ${megabytes(used.bytes)} MB; remove some first`,
    );
  }

  function attached(subject: Subject, name: string, by: Author): SqlStatement[] {
    return [events.statement({
      type: subject.commented,
      subject: subject.key,
      severity: subject.severity,
      tMs: clock.now(),
      text: `${by.name} attached ${name} to ${subject.name}`,
      actor: by.name,
      body: subject.bodyOf(`attached ${name}`),
      route: true,
    })];
  }

  return {
    limits,
    async list(kind, id, query) {
      return await store.list((await subjectOf(subjects, kind, id)).key, query);
    },
    async receive(author, work) {
      const mine = receiving.get(author) ?? 0;
      const all = [...receiving.values()].reduce((sum, n) => sum + n, 0);
      if (mine >= AT_ONCE_PER_AUTHOR || all >= AT_ONCE) {
        throw new PerchError("busy", "other files are just being received; try again", {
          retryAfterS: 5,
        });
      }
      receiving.set(author, mine + 1);
      try {
        return await work();
      } finally {
        const left = receiving.get(author)! - 1;
        if (left === 0) receiving.delete(author);
        else receiving.set(author, left);
      }
    },
    async add(kind, id, upload, by, comment) {
      const subject = await subjectOf(subjects, kind, id);
      await checkRoom(subject, upload.bytes.length);
      const made = await files.put(upload.bytes, async (file) => {
        // One `put` after the other: what was checked above may have been used since.
        await checkRoom(subject, file.bytes);
        // First, so that the words do not stand behind their file.
        const remark = comment === undefined
          ? null
          : await deps.comments.drafted(subject, comment, by);
        const row: Omit<StoredAttachment, "id"> = {
          author_id: by.id,
          author: by.name,
          name: cleanFileName(upload.name, file.type),
          type: file.type,
          bytes: file.bytes,
          width: file.picture?.width ?? null,
          height: file.picture?.height ?? null,
          created_ms: clock.now(),
          file: file.name,
        };
        const { name, type, bytes } = row;
        const [{ rows }] = await db.write([
          store.insert(subject.key, row),
          by.audited({
            action: "attachment.add",
            resource: subject.key,
            ...remarkOn(subject),
            after: { name, type, bytes },
          }),
          ...remark ?? attached(subject, name, by),
        ]).catch(orGone(subject.name));
        return (await store.find(subject.key, Number(rows[0][0])))!;
      });
      deps.onChange(kind, id);
      return shown(made);
    },
    async open(kind, id, attachment) {
      const { known } = await found(kind, id, attachment);
      const bytes = await files.read(known.file);
      if (bytes !== null) return { attachment: shown(known), bytes };
      log.error(`the file of attachment ${attachment} is missing`, { file: known.file });
      throw new PerchError("storage_failed", `the file of "${known.name}" is missing on the disk`);
    },
    async remove(kind, id, attachment, by) {
      const { subject, known } = await found(kind, id, attachment);
      if (!by.moderator && known.author_id !== by.id) {
        throw new PerchError(
          "forbidden",
          `only ${known.author} or an admin may remove this file`,
        );
      }
      const { name, author } = known;
      await db.write([
        store.remove(attachment),
        by.audited({
          action: "attachment.delete",
          resource: subject.key,
          touches: [`attachment:${attachment}`],
          before: { name, author },
        }),
      ]);
      // A file that stays behind is swept.
      await files.remove(known.file).catch((error) =>
        log.warn("a removed attachment is still on the disk", { error })
      );
      deps.onChange(kind, id);
    },
    task: {
      name: "attachments",
      async run(signal) {
        for (;;) {
          await db.write([deps.comments.removeGone(), store.removeGone()]);
          const removed = await files.sweep(() => store.files());
          if (removed > 0) log.info(`removed ${removed} files that no attachment names`);
          await clock.sleep(SWEEP_MS, signal);
        }
      },
    },
  };
}

function shown({ file: _, ...attachment }: StoredAttachment): Attachment {
  return attachment;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
