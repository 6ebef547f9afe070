/** The polls of this site: what they are, how they are, and what is asked of them. */
import { PerchError } from "../../base/errors.ts";
import type { Log } from "../../base/log.ts";
import type { Outgoing } from "../../base/outgoing.ts";
import type { Task } from "../../base/supervisor.ts";
import type { Severity } from "../../words/severity.ts";
import { type Asked, askOnce } from "./ask.ts";
import { createHeartbeat } from "./heartbeat.ts";
import { hashOf } from "./heartbeat_secret.ts";
import { createKeep } from "./keep.ts";
import type { PollKind, PollSession } from "./kinds/kind.ts";
import { createPlaces } from "../../base/places.ts";
import type { Poll } from "./poll.ts";
import { type ChangeDeps, createPollChanges, type PollChanges } from "./poll_changes.ts";
import { createEntries, type Entry, openEntry } from "./poll_entries.ts";
import { storedSettings } from "./poll_options.ts";
import { createPollStore } from "./poll_store.ts";
import type { PollState, PollView } from "./poll_view.ts";
import { isUnallowed, NEW_TRACK } from "./track.ts";
import { type Beat, createAsking, type Watch, type WatchDeps, type WatchState } from "./watch.ts";

/** In memory, where a change counts once it is written. */
export interface Polls extends PollChanges {
  load(): Promise<void>;
  /** By name. */
  all(): PollView[];
  /** @throws `not_found` */
  find(id: string): PollView;
  /** Asks now; what comes of it counts, unless it is paused. @throws `not_found`, `conflict` */
  test(id: string): Promise<PollTest>;
  /**
   * A heartbeat reports. @throws `not_found` for a secret that is none, `rate_limited`, and what keeps readings from
   * being stored
   */
  beat(secret: string, beat: Beat): Promise<void>;
  /** Those that are down, for alarms; null: not known (yet). */
  down(): PollDown[] | null;
  task: Task;
}

export interface PollTest {
  ok: boolean;
  text: string;
  responseMs: number | null;
}

export interface PollDown {
  id: string;
  severity: Severity;
  machine: string;
  /** `Shop is down: 500 Internal Server Error, expected 200`. */
  text: string;
}

export interface PollsDeps extends ChangeDeps, Omit<WatchDeps, "open" | "inTurn"> {
  log: Log;
  outgoing: Outgoing;
  /** Why nothing is taken of what reports; null: it is. */
  refusal(): PerchError | null;
}

/** Asked at the same time; each answer takes some memory and a connection. */
const ASKED_AT_ONCE = 16;
/** Of one heartbeat; of one that must report more often, so many times what it must. */
const BEATS_A_MINUTE = 30;
const BEATS_MORE = 3;

export function createPolls(deps: PollsDeps): Polls {
  const { db, clock, log } = deps;
  const entries = createEntries();
  const inTurn = createPlaces(ASKED_AT_ONCE);
  const beats = new Map<string, { minute: number; count: number }>();
  const open = (poll: Poll, kind: PollKind): PollSession =>
    kind.open(poll.options, { outgoing: deps.outgoing, clock, allowed: poll.allowed });
  const watchDeps: WatchDeps = { ...deps, open, inTurn };
  const keep = createKeep({
    clock,
    log,
    wanted: () => entries.all().flatMap(({ poll }) => poll?.enabled === true ? [poll] : []),
    exists: (id) => entries.get(id) !== null,
    create(poll, before) {
      const kind = entries.need(poll.id).kind!;
      return kind.reports
        ? createHeartbeat(poll, watchDeps, before)
        : createAsking(poll, kind, watchDeps, before);
    },
  });
  const changes = createPollChanges(deps, {
    entries,
    viewOf,
    onChange(id) {
      if (entries.get(id) === null) {
        keep.forget(id);
        beats.delete(id);
      }
      keep.wake();
    },
  });

  function viewOf(entry: Entry): PollView {
    const { row: { id, name, kind, machine, allowed, enabled, createdMs, ...row }, poll, shown } =
      entry;
    const watch = keep.watchOf(id)?.state() ??
      { ...NOT_KEPT, track: keep.trackOf(id) ?? NEW_TRACK };
    const { track, nextMs } = watch;
    const state = stateOf(entry, watch);
    return {
      ...{ id, name, kind, machine, allowed, enabled, createdMs, state, nextMs },
      options: shown,
      settings: poll?.settings ?? storedSettings(row.settings),
      sinceMs: track.sinceMs,
      text: textOf(entry, state, watch),
      failures: track.failures,
      responseMs: track.last?.responseMs ?? null,
      lastMs: track.checks.at(-1)?.tMs ?? null,
      checks: track.checks,
    };
  }

  function stateOf({ row, fault }: Entry, { track, held }: WatchState): PollState {
    if (!row.enabled) return "paused";
    if (fault !== null) return "fault";
    if (held !== null || keep.isPaused()) return "held";
    if (isUnallowed(track)) return "unallowed";
    if (track.failures > 0 && track.up !== false) return "trying";
    return track.up === null ? "waiting" : track.up ? "up" : "down";
  }

  function textOf(entry: Entry, state: PollState, { track, held, unstored }: WatchState): string {
    const { row: { name }, kind, fault } = entry;
    const why = track.last?.detail ?? track.checks.at(-1)?.detail ?? "";
    const because = why === "" ? "." : `: ${why}.`;
    const kept = unstored === null ? "" : ` Its readings could not be stored: ${unstored}.`;
    switch (state) {
      case "up":
        return `${name} is up${because}${kept}`;
      case "down":
        return `${name} is down${because}${kept}`;
      case "trying":
        return `${name} failed ${
          track.failures === 1 ? "once" : `${track.failures} times`
        }${because}`;
      case "unallowed":
        return `${name} is not asked${because}`;
      case "waiting":
        return kind?.reports
          ? `${name} has not reported yet.`
          : `${name} is asked for the first time.`;
      case "held":
        return `${name} is not asked: ${held ?? PAUSED}.`;
      case "paused":
        return `${name} is paused.`;
      case "fault":
        return fault!;
    }
  }

  async function test(id: string): Promise<PollTest> {
    const { poll, kind, fault } = entries.need(id);
    if (poll === null || kind === null) throw new PerchError("conflict", fault!);
    if (kind.reports) {
      throw new PerchError("conflict", `${poll.name} reports by itself: Perch cannot ask it`);
    }
    const running = keep.watchOf(id);
    if (running?.askNow) return testOf(poll.name, await running.askNow());
    const session = open(poll, kind);
    try {
      const timeoutMs = poll.settings.timeout_s * 1_000;
      const signal = new AbortController().signal;
      return testOf(poll.name, await askOnce(session, timeoutMs, { clock, signal }));
    } finally {
      await session.close();
    }
  }

  function countBeat({ row: { id }, poll }: Entry): void {
    const most = Math.max(BEATS_A_MINUTE, BEATS_MORE * 60 / (poll?.settings.every_s ?? 60));
    const minute = Math.floor(clock.monotonic() / 60_000);
    const known = beats.get(id);
    const count = known?.minute === minute ? known.count + 1 : 1;
    beats.set(id, { minute, count });
    if (count <= most) return;
    const message = `this heartbeat may report ${Math.floor(most)} times a minute`;
    throw new PerchError("rate_limited", message, { retryAfterS: 60 });
  }

  async function beat(secret: string, said: Beat): Promise<void> {
    const hash = hashOf(secret);
    const entry = entries.all().find(({ row }) => row.secretHash === hash);
    if (entry === undefined) throw new PerchError("not_found", "there is nothing at this path");
    const { row } = entry;
    countBeat(entry);
    // One that is paused is not told so: its job did well.
    if (!row.enabled) return;
    const refused = deps.refusal();
    if (refused !== null) throw refused;
    const watch: Watch | null = keep.watchOf(row.id);
    if (watch?.beat == null) {
      const message = `${row.name} is not kept at the moment`;
      throw new PerchError("unavailable", message, { retryAfterS: 10 });
    }
    await watch.beat(said);
  }

  function down(): PollDown[] | null {
    const enabled = entries.all().filter(({ poll }) => poll?.enabled === true);
    if (enabled.some(({ row }) => keep.watchOf(row.id)?.state().ready !== true)) return null;
    return enabled.flatMap((entry): PollDown[] => {
      const { id, name, machine, settings: { severity }, checks } = viewOf(entry);
      const { track } = keep.watchOf(id)!.state();
      if (severity === "none" || track.up !== false || isUnallowed(track)) return [];
      const why = track.last?.detail ?? checks.at(-1)?.detail ?? "";
      return [{ id, severity, machine, text: `${name} is down${why === "" ? "" : `: ${why}`}` }];
    });
  }

  return {
    ...changes,
    async load() {
      const kindNamed = (name: string) => deps.kinds.find(({ kind }) => kind === name) ?? null;
      for (const row of await createPollStore(db).all()) {
        entries.put(await openEntry(row, kindNamed(row.kind), deps));
      }
    },
    all: () => entries.all().map(viewOf),
    find: (id) => viewOf(entries.need(id)),
    test,
    beat,
    down,
    task: keep.task,
  };
}

const NOT_KEPT = { ready: false, nextMs: null, held: null, unstored: null };
const PAUSED = "the task that asks all probes is paused";

function testOf(name: string, { fault, detail, responseMs }: Asked): PollTest {
  const ok = fault === null;
  if (fault === "unallowed") return { ok, text: `${name} was not asked: ${detail}.`, responseMs };
  return { ok, text: `${name} ${ok ? "answers" : "fails"}: ${detail}.`, responseMs };
}
