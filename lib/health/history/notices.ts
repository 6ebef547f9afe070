import { messageOf } from "../../base/errors.ts";
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { EventDraft } from "../../events/event.ts";
import type { EventLog } from "../../events/events_store.ts";
import { HOUR_MS } from "../../words/times.ts";
import type { HostSample } from "../host_sample.ts";
import { powerEvents, type PowerMemory, powerMemory, powerTrouble } from "./power.ts";

/** Conditions of four bits, each a few times: enough to know what was reported of this boot. */
const LOGGED = 40;
/** A program that was ended is a reason for an alarm for so long. */
const KILLED_MS = HOUR_MS;

/** What is wrong with the host at the moment. */
export interface HostTrouble {
  /** What the supply or the heat does, in words; null: nothing, or not measured. */
  power: string | null;
  readOnly: boolean;
  /** Programs of Perch that the system ended for want of memory within the last hour. */
  kills: number;
}

/** Writes an event where a sample differs from the one before, and keeps what is wrong. */
export interface Notices {
  see(sample: HostSample): Promise<void>;
  trouble(): HostTrouble;
}

export function createNotices(deps: {
  clock: Clock;
  log: Log;
  events: Pick<EventLog, "append" | "list">;
}): Notices {
  const { clock, log, events } = deps;
  let power: PowerMemory | null = null;
  let last: HostSample | null = null;
  let kills: number[] = [];

  function changes(before: HostSample | null, now: HostSample): EventDraft[] {
    const drafts: EventDraft[] = [];
    const add = (draft: Pick<EventDraft, "type" | "severity" | "text" | "body">) =>
      drafts.push({ ...draft, subject: "host", tMs: now.atMs, actor: null, route: false });
    if (now.disk?.readOnly === true && before?.disk?.readOnly !== true) {
      add({
        type: "host.read_only",
        severity: "critical",
        text: "the disk with Perch's data is mounted read-only, as a failing card is",
        body: null,
      });
    }
    const killed = (now.group?.oomKills ?? 0) - (before?.group?.oomKills ?? Infinity);
    if (killed > 0) {
      for (let i = 0; i < killed && i < 100; i++) kills.push(clock.monotonic());
      add({
        type: "host.out_of_memory",
        severity: "warning",
        text: "the system ended a program of Perch, because the memory was used up",
        body: { kills: killed },
      });
    }
    return drafts;
  }

  return {
    async see(sample) {
      try {
        if (power === null && sample.power !== null) {
          const { items } = await events.list({ types: ["host.power"], limit: LOGGED });
          power = powerMemory(sample.bootId, items);
        }
        const drafts = changes(last, sample);
        if (power !== null) drafts.push(...powerEvents(power, sample));
        last = sample;
        for (const draft of drafts) await events.append(draft);
      } catch (error) {
        // The alarm says what is so; the event of it is lost with the disk that it would be written to.
        log.warn("an event about this host could not be written", { error: messageOf(error) });
      }
    },
    trouble() {
      const nowMs = clock.monotonic();
      kills = kills.filter((atMs) => nowMs - atMs < KILLED_MS);
      return {
        power: powerTrouble(last?.power ?? null),
        readOnly: last?.disk?.readOnly === true,
        kills: kills.length,
      };
    },
  };
}
