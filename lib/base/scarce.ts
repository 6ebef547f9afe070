/*
 * What the system says when it has no more of something to give (file descriptors, memory of the kernel), or
 * when a connection was gone before it was accepted. Nothing of it is a fault of the program: it waits.
 */
const SCARCE =
  /too many open files|no file descriptors available|no buffer space|cannot allocate memory|connection aborted|\b(EMFILE|ENFILE|ENOBUFS|ENOMEM|ECONNABORTED)\b/i;

/**
 * Whether a read was given up because its connection was closed on purpose: node:http of Deno 2.7 tells nobody but the
 * whole process when an answer is destroyed that is still being read.
 */
export function isGivenUp(error: unknown): boolean {
  return error instanceof Deno.errors.Interrupted && error.message === "operation canceled";
}

/** Whether the system lacked something for a moment: EMFILE, ENFILE, ENOBUFS, ENOMEM, ECONNABORTED. */
export function isScarce(error: unknown): boolean {
  if (error instanceof Deno.errors.ConnectionAborted) return true;
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: unknown };
  return SCARCE.test(`${typeof code === "string" ? code : ""} ${error.message}`);
}
