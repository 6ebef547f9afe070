/** The console's calls on whichever Perch runs on a data directory: it may end and start again meanwhile. */
import { PerchError } from "../../base/errors.ts";
import type { Control } from "../control.ts";
import { connectControl } from "../control_socket.ts";
import { readHolder } from "../lock.ts";
import type { ConsoleCalls } from "./view.ts";

const LOOK_MS = 5_000;

/** @throws (each call) PerchError `unavailable` while none answers */
export function reachConsole(dataDir: string): ConsoleCalls & { close(): void } {
  let open: { path: string; control: Control & { close(): void } } | null = null;

  function control(): Control {
    const { socket, safeMode } = readHolder(dataDir) ?? {};
    if (safeMode !== undefined) {
      throw new PerchError("unavailable", `Perch is in safe mode: ${safeMode}`);
    }
    if (socket === undefined) {
      throw new PerchError("unavailable", `No Perch runs on ${dataDir}.`);
    }
    if (open?.path !== socket) {
      close();
      open = { path: socket, control: connectControl(socket) };
    }
    return open.control;
  }

  function close(): void {
    open?.control.close();
    open = null;
  }

  /** A Perch that hangs must be seen to. */
  async function within<T>(work: Promise<T>): Promise<T> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new PerchError("unavailable", `Perch has not answered for ${LOOK_MS / 1_000} s.`));
      }, LOOK_MS);
    });
    return await Promise.race([work, late]).finally(() => clearTimeout(timer));
  }

  return {
    openFaults: async () => await within(control().openFaults()),
    consoleStatus: async () => await within(control().consoleStatus()),
    resumeComponent: async (given) => await control().resumeComponent(given),
    proposeCorrection: async (given) => await control().proposeCorrection(given),
    applyCorrection: async (given) => await control().applyCorrection(given),
    close,
  };
}
