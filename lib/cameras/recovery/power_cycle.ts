import type { Clock } from "../../base/clock.ts";
import { messageOf } from "../../base/errors.ts";
import type { Log } from "../../base/log.ts";
import type { Outgoing } from "../../base/outgoing.ts";
import type { EventDraft } from "../../events/event.ts";
import type { Camera } from "../camera.ts";
import type { LastResort } from "./last_resort.ts";
import type { OutageEvent } from "./outage.ts";

const TIMEOUT_MS = 10_000;
const ANSWER_BYTES_MOST = 1_024;
/** Long enough for what is left in a power supply. */
const OFF_MS = 10_000;

/** Orders a switch of Perch on or off. Gives why it failed; null: it was done. Never rejects. */
export type SwitchOutput = (id: string, on: boolean) => Promise<string | null>;

/** The last means against an outage. */
export interface PowerCycle {
  /** Switches the camera off and on, by its address or control, or asks somebody to do it. Never rejects. */
  cycle(failures: number, signal: AbortSignal): Promise<void>;
}

export function createPowerCycle({ camera, clock, log, outgoing, switchOutput, lastResort, say }: {
  camera: Camera;
  clock: Clock;
  log: Log;
  outgoing: Pick<Outgoing, "fetch">;
  switchOutput: SwitchOutput;
  lastResort: LastResort;
  say(event: OutageEvent, more?: Partial<EventDraft>): void;
}): PowerCycle {
  const { name, settings: { power_cycle_url: url, power_output: output } } = camera;

  /** Why it failed; null: it was done. The address may hold a secret, so no sentence names it. */
  async function call(signal: AbortSignal): Promise<string | null> {
    try {
      const init = { method: "POST", timeoutMs: TIMEOUT_MS, maxBytes: ANSWER_BYTES_MOST, signal };
      const { status } = await outgoing.fetch(url, init);
      return status >= 200 && status < 300 ? null : `the answer was ${status}`;
    } catch (error) {
      return messageOf(error).replaceAll(url, "the address");
    }
  }

  /** The same by a control. What was switched off is switched on again whatever comes. */
  async function switched(signal: AbortSignal): Promise<string | null> {
    const off = await switchOutput(output, false);
    if (off !== null) return off;
    await clock.sleep(OFF_MS, signal).catch(() => {});
    return await switchOutput(output, true);
  }

  return {
    async cycle(failures, signal) {
      try {
        // Kept first: a crash in between must not repeat it.
        await lastResort.set(camera.id, clock.now());
      } catch (error) {
        return log.warn(`the power of the camera ${name} stays on`, { error: messageOf(error) });
      }
      const isAsked = url === "" && output === "";
      const failed = url !== "" ? await call(signal) : isAsked ? null : await switched(signal);
      const body = { failures };
      const after = `after ${failures} tries`;
      if (!isAsked && failed === null) {
        const text = `the camera ${name} did not come back ${after}: it was switched off and on`;
        return say({ type: "camera.recovering", severity: "warning", text, body });
      }
      const why = failed === null ? "" : `, and switching it off and on failed (${failed})`;
      const text = `the camera ${name} does not come back ${after}${why}: switch it off and on`;
      say({ type: "camera.reboot_wanted", severity: "warning", text, body }, { route: true });
    },
  };
}
