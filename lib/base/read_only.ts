import { messageOf } from "./errors.ts";

/** Whether it failed because the file system takes no writes at all. */
export function isReadOnly(error: unknown): boolean {
  return /os error 30\b/.test(messageOf(error));
}

/** What to do about it, for people. */
export const READ_ONLY =
  "Its disk takes no writes, as one does on which the system found errors (`dmesg` says so): mount it for " +
  "writing again (`mount -o remount,rw`), or replace it.";
