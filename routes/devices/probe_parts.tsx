/** What the pages about probes share. */
import type { VNode } from "preact";
import type { Identity } from "../../lib/access/identity.ts";
import { atLeast } from "../../lib/access/policy.ts";
import type { FindingStore } from "../../lib/detect/findings_store.ts";
import type { EventLog } from "../../lib/events/events_store.ts";
import type { MachineDirectory, SensorDirectory } from "../../lib/machines/sensor.ts";
import type { ReadingsStore } from "../../lib/readings/store.ts";
import { kindOf } from "../../lib/sources/polls/kinds/mod.ts";
import type { PollKind } from "../../lib/sources/polls/kinds/kind.ts";
import { POLL_WORDS, type PollState, type PollView } from "../../lib/sources/polls/poll_view.ts";
import type { Check } from "../../lib/sources/polls/track.ts";
import { number } from "../../lib/words/numbers.ts";
import { dateTime, duration } from "../../lib/words/times.ts";
import type { PageParts } from "../frame/page_parts.ts";
import type { ProbeServices } from "./request.ts";

export const PAGE = "/probes";
/** The navigation entry that it belongs to. */
export const PLACE = "/sources";

export interface ProbePageParts extends PageParts, ProbeServices {
  readings: Pick<ReadingsStore, "buckets">;
  events: Pick<EventLog, "list">;
  /** What detection found in its response times. */
  anomalies: { findings: Pick<FindingStore, "list"> };
  sensors: SensorDirectory;
  machines: Pick<MachineDirectory, "find" | "former">;
  /** Why a kind is not possible on this host; null: it is. */
  missingKind(kind: PollKind): string | null;
}

export const isAdmin = (who: Identity | null) => who !== null && atLeast(who.role, "admin");
export const isEngineer = (who: Identity | null) => who !== null && atLeast(who.role, "engineer");

export const probeHref = (id: string) => `${PAGE}/${encodeURIComponent(id)}`;

/** What people call a kind. */
export const kindTitle = (name: string) => kindOf(name)?.title ?? name;

const MARKS: Readonly<Record<PollState, readonly [mark: string | null, tone: string]>> = {
  up: [null, "muted"],
  trying: ["▲", "warning"],
  down: ["■", "critical"],
  unallowed: ["◆", "info"],
  waiting: [null, "muted"],
  held: ["◆", "info"],
  paused: [null, "muted"],
  fault: ["▲", "warning"],
};

/** The state as a word, with a mark and colour where it wants attention. */
export function StateWord({ state }: { state: PollState }): VNode {
  const [mark, tone] = MARKS[state];
  return (
    <span class={`status ${tone}`}>
      {mark && <span class="mark" aria-hidden="true">{mark}</span>}
      {POLL_WORDS[state]}
    </span>
  );
}

/** Since when it is up or down. */
export function Since({ view, nowMs, zone }: { view: PollView; nowMs: number; zone: string }) {
  const { state, sinceMs } = view;
  if (sinceMs === null || (state !== "up" && state !== "down")) return null;
  return (
    <span class="muted">
      {" for "}
      <time dateTime={new Date(sinceMs).toISOString()} title={`since ${dateTime(sinceMs, zone)}`}>
        {duration(nowMs - sinceMs)}
      </time>
    </span>
  );
}

const BEATS = 50;
const [BEAT_WIDTH, BEAT_GAP, BEAT_HEIGHT] = [8, 3, 24];
const STEP = BEAT_WIDTH + BEAT_GAP;

/** The last checks as bars, the newest on the right; in words for those who hear the page. */
export function BeatBar({ checks, zone }: { checks: readonly Check[]; zone: string }): VNode {
  const shown = checks.slice(-BEATS);
  const first = BEATS - shown.length;
  const bad = shown.filter(({ state }) => state !== "up").length;
  const label = shown.length === 0
    ? "No checks yet"
    : `${shown.length - bad} of the last ${shown.length} checks were good`;
  return (
    <svg
      class="beats"
      viewBox={`0 0 ${BEATS * STEP - BEAT_GAP} ${BEAT_HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      {Array.from({ length: BEATS }, (_, i) => {
        const check = shown[i - first];
        // What failed is lower too: never colour alone.
        const height = check === undefined ? 8 : check.state === "up" ? BEAT_HEIGHT : 16;
        return (
          <rect
            key={i}
            class={`beat ${check?.state ?? "none"}`}
            x={i * STEP}
            y={BEAT_HEIGHT - height}
            width={BEAT_WIDTH}
            height={height}
            rx={2}
          >
            {check && (
              <title>{`${dateTime(check.tMs, zone)} ${check.detail || check.state}`}</title>
            )}
          </rect>
        );
      })}
    </svg>
  );
}

/** `99.98 %`; `not known` for null. */
export function percent(share: number | null): string {
  if (share === null) return "not known";
  // Rounded down: 100 % is said of what never failed.
  return `${number(Math.floor(share * 10_000) / 100, share === 1 ? 0 : 2)} %`;
}

/** How they are, in a sentence. */
export function answerOf(views: readonly PollView[]): string {
  if (views.length === 1) return answerOfOne(views[0]);
  const on = views.filter(({ enabled }) => enabled);
  const down = on.filter(({ state }) => state === "down");
  const trying = on.filter(({ state }) => state === "trying");
  if (views.length === 0) return "Nothing is probed yet";
  if (down.length > 0) {
    const names = down.slice(0, 3).map(({ name }) => name).join(", ");
    const more = down.length > 3 ? ` and ${down.length - 3} more` : "";
    return `${down.length} of ${on.length} ${
      down.length === 1 ? "is" : "are"
    } down: ${names}${more}`;
  }
  if (trying.length > 0) return `${trying[0].name} did not answer; trying again`;
  if (on.length === 0) return "All probes are paused";
  const [first] = on.filter(({ state }) => state === "unallowed");
  if (first !== undefined) return `${first.name} waits until an admin allows its address`;
  const known = on.filter(({ state }) => state === "up").length;
  if (known < on.length) return `${known} of ${on.length} are up; the others are waited for`;
  return `All ${on.length} probes are up`;
}

/** How one of them is. */
export function answerOfOne({ name, state }: PollView): string {
  switch (state) {
    case "up":
      return `${name} is up`;
    case "down":
      return `${name} is down`;
    case "trying":
      return `${name} did not answer; trying again`;
    case "unallowed":
      return `${name} waits until an admin allows its address`;
    case "waiting":
      return `${name} is waited for`;
    case "held":
      return `${name} is not asked at the moment`;
    case "paused":
      return `${name} is paused`;
    case "fault":
      return `${name} cannot run`;
  }
}
