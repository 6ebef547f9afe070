import type { Config } from "../base/config.ts";
import { PerchError } from "../base/errors.ts";
import type { CommandContext } from "./command.ts";
import type { AccountsControl, Control, OpenOffline } from "./control.ts";
import { connectControl } from "./control_socket.ts";
import { ensureDataDir, readHolder, tryLock } from "./lock.ts";

const PATIENCE_MS = 10_000;
const STEP_MS = 100;

/**
 * Runs `use` against the running Perch, or directly on the database when none runs (holding the lock, so
 * that none starts meanwhile). A Perch that is just starting or stopping is waited for.
 * @throws PerchError `conflict` when the lock stays held by something without a control socket.
 */
export async function withControl<T, C extends AccountsControl = Control>(
  config: Config,
  command: string,
  openOffline: OpenOffline<C>,
  use: (control: C | Control, running: boolean) => Promise<T>,
): Promise<T> {
  ensureDataDir(config.dataDir);
  const deadlineMs = performance.now() + PATIENCE_MS;
  for (;;) {
    const lock = await tryLock(config.dataDir, command);
    if (lock !== null) {
      try {
        const offline = await openOffline(config);
        try {
          return await use(offline.control, false);
        } finally {
          await offline.close();
        }
      } finally {
        lock.release();
      }
    }
    const { socket, safeMode, standsBy } = readHolder(config.dataDir) ?? {};
    if (standsBy !== undefined) throw elsewhere(standsBy);
    if (safeMode !== undefined) {
      throw new PerchError("unavailable", `Perch is in safe mode: ${safeMode}`);
    }
    if (socket !== undefined) {
      const control = connectControl(socket);
      try {
        return await use(control, true);
      } catch (error) {
        // It may have ended between the two looks; anything it answered is an answer.
        if (!unreachable(error) || performance.now() > deadlineMs) throw error;
      } finally {
        control.close();
      }
    }
    if (performance.now() > deadlineMs) {
      const holder = readHolder(config.dataDir);
      throw new PerchError(
        "conflict",
        `${config.dataDir} is in use by perch ${holder?.command ?? "(unknown)"}` +
          `${
            holder ? ` (process ${holder.pid})` : ""
          } and takes no commands. Try again when it has ended.`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, STEP_MS));
  }
}

/** The same for a command on accounts, keys or settings, which needs nothing else. */
export async function through<T>(
  { config }: Pick<CommandContext, "config">,
  command: string,
  use: (control: AccountsControl) => Promise<T>,
): Promise<T> {
  const { openAccountsOffline } = await import("./offline_accounts.ts");
  return await withControl(config(), command, openAccountsOffline, use);
}

/** The same for a command that needs more of Perch. */
export async function throughAll<T>(
  { config }: Pick<CommandContext, "config">,
  command: string,
  use: (control: Control) => Promise<T>,
): Promise<T> {
  const { openOffline } = await import("./offline.ts");
  return await withControl(config(), command, openOffline, use);
}

/** The same for what only the Perch that runs can say or do. @throws PerchError `unavailable` when none does */
export async function withRunning<T>(
  { config }: Pick<CommandContext, "config">,
  use: (control: Control) => Promise<T>,
): Promise<T> {
  const { dataDir } = config();
  const { socket, safeMode, standsBy } = readHolder(dataDir) ?? {};
  if (standsBy !== undefined) throw elsewhere(standsBy);
  if (socket === undefined) {
    const why = safeMode === undefined
      ? `No Perch runs on ${dataDir}.`
      : `Perch is in safe mode: ${safeMode}`;
    throw new PerchError("unavailable", why);
  }
  const control = connectControl(socket);
  try {
    return await use(control);
  } finally {
    control.close();
  }
}

/** Here is a node without the lease. */
function elsewhere(standsBy: string): PerchError {
  const what = `This node stands by: ${standsBy}`;
  return new PerchError("unavailable", `${what}.`, { refusal: { kind: "taken", what } });
}

function unreachable(error: unknown): boolean {
  return error instanceof PerchError && error.code === "unavailable" && error.cause !== undefined;
}
