import type { Control } from "./control.ts";
import { connectControl } from "./control_socket.ts";
import { readHolder } from "./lock.ts";

const ANSWER_MS = 5_000;

/**
 * Asks the Perch that runs on a data directory. Null where it gives no answer in time: it is in safe mode, of an
 * older version that does not know the question, or it hangs.
 */
export async function askRunning<T>(
  dataDir: string,
  ask: (control: Control) => Promise<T>,
  answerMs = ANSWER_MS,
): Promise<T | null> {
  const { socket } = readHolder(dataDir) ?? {};
  if (socket === undefined) return null;
  const control = connectControl(socket);
  let overdue: ReturnType<typeof setTimeout> | undefined;
  try {
    const late = new Promise<null>((resolve) =>
      overdue = setTimeout(() => resolve(null), answerMs)
    );
    return await Promise.race([ask(control), late]);
  } catch {
    return null;
  } finally {
    clearTimeout(overdue);
    control.close();
  }
}
