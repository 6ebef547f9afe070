import { messageOf, PerchError } from "../base/errors.ts";

/** SQLite says that there is no room: the disk, the quota or the size limit of a database. */
const FULL = /SQLITE_FULL|database or disk is full|SQLITE_TOOBIG|ENOSPC|EDQUOT/;
/** The database or its disk cannot be used at the moment; the application's data is not the cause. */
const FAILED =
  /SQLITE_(IOERR|READONLY|CORRUPT|CANTOPEN|NOTADB|PERM|BUSY|LOCKED|PROTOCOL|NOMEM|AUTH)|disk I\/O error|readonly database|malformed|not a database|unable to open|HRANA|SERVER_ERROR|CLIENT_CLOSED|error sending request|fetch failed|Connection refused/i;

/** What migration 0030 says to a change of something that was changed meanwhile. */
const OVERTAKEN = "overtaken by another change";

/** True when a transaction failed because what it changes was changed after its author had seen it. */
export function isOvertaken(error: unknown): boolean {
  return error instanceof PerchError && error.code === "conflict" &&
    error.message.includes(OVERTAKEN);
}

/**
 * What went wrong while doing `action`, as a PerchError: `storage_full`, `storage_failed`,
 * `conflict` (a constraint of the schema), or `internal` for a mistake in the statement.
 */
export function storageError(error: unknown, action: string): PerchError {
  if (error instanceof PerchError) return error;
  const code = String((error as { code?: unknown })?.code ?? "");
  const message = messageOf(error);
  const text = `${code} ${message}`;
  const sentence = `could not ${action}: ${message}`;
  if (FULL.test(text)) {
    return new PerchError("storage_full", sentence, { cause: error, retryAfterS: 10 });
  }
  if (/SQLITE_CONSTRAINT|constraint failed/.test(text)) {
    return new PerchError("conflict", sentence, { cause: error });
  }
  if (FAILED.test(text) || error instanceof TypeError) {
    return new PerchError("storage_failed", sentence, { cause: error, retryAfterS: 5 });
  }
  return new PerchError("internal", sentence, { cause: error });
}
