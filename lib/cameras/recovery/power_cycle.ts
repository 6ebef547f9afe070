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

/** The last means against an outage. */
export interface PowerCycle {
  /** Calls the address that switches the camera off and on, or asks somebody to do it. Never rejects. */
  cycle(failures: number, signal: AbortSignal): Promise<void>;
}

export function createPowerCycle({ camera, clock, log, outgoing, lastResort, say }: {
  camera: Camera;
  clock: Clock;
  log: Log;
  outgoing: Pick<Outgoing, "fetch">;
  lastResort: LastResort;
  say(event: OutageEvent, more?: Partial<EventDraft>): void;
}): PowerCycle {
  const { name, settings: { power_cycle_url: url } } = camera;

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

  return {
    async cycle(failures, signal) {
      try {
        // Kept first: a crash in between must not repeat it.
        await lastResort.set(camera.id, clock.now());
      } catch (error) {
        return log.warn(`the power of the camera ${name} stays on`, { error: messageOf(error) });
      }
      const failed = url === "" ? null : await call(signal);
      const body = { failures };
      const after = `after ${failures} tries`;
      if (url !== "" && failed === null) {
        const text = `the camera ${name} did not come back ${after}: it was switched off and on`;
        return say({ type: "camera.recovering", severity: "warning", text, body });
      }
      const why = failed === null
        ? ""
        : `, and the call that switches it off and on failed (${failed})`;
      const text = `the camera ${name} does not come back ${after}${why}: switch it off and on`;
      say({ type: "camera.reboot_wanted", severity: "warning", text, body }, { route: true });
    },
  };
}
