/** The file that a message is about. What is too large for a mail, or gone, is said instead. */
import { bytes } from "../words/numbers.ts";
import type { Message } from "./message.ts";

/** As the body of an event names it. */
export interface FileOfEvent {
  /** Id of the job that made it. */
  job: string;
  name: string;
  type: string;
  bytes: number;
}

export interface AttachedDeps {
  /** Null: it is gone. */
  fileOf(job: string): Promise<Uint8Array | null>;
}

/** Mail servers take some 10 MB. */
const MOST_BYTES = 10_000_000;

/** The message with its file, or with the words why it has none. @throws what reading it throws */
export async function withFile({ fileOf }: AttachedDeps, message: Message): Promise<Message> {
  const file = (message.event?.body as { file?: FileOfEvent } | null | undefined)?.file;
  if (file === undefined) return message;
  const where = message.link === null
    ? "Find it in Perch under Reports."
    : "Open it in Perch; you have to sign in there.";
  const without = (why: string) => ({ ...message, lines: [...message.lines, `${why} ${where}`] });
  if (file.bytes > MOST_BYTES) {
    return without(`The file has ${bytes(file.bytes)}, which is too large for a mail.`);
  }
  const content = await fileOf(file.job);
  if (content === null) return without("The file is kept no longer.");
  return { ...message, files: [{ file: file.name, type: file.type, content }] };
}
