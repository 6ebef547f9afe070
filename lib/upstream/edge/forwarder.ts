/** Sends what happens here to the centre, in order, and does what it says. */
import type { Clock } from "../../base/clock.ts";
import { nameId, randomId } from "../../base/ids.ts";
import { messageOf } from "../../base/errors.ts";
import type { Log } from "../../base/log.ts";
import type { Task } from "../../base/supervisor.ts";
import { createWake } from "../../base/wake.ts";
import type { SqlStatement } from "../../db/client.ts";
import type { EventLog } from "../../events/events_store.ts";
import { isPrivate } from "../../events/event.ts";
import type { Registry } from "../../machines/registry.ts";
import type { ReadingsStore } from "../../readings/store.ts";
import { duration } from "../../words/times.ts";
import { EVENTS_MOST, type Forward, type Forwarded, PROTOCOL, type SentAlarm } from "../wire.ts";
import { ASIDE_AFTER_MS } from "./aside_store.ts";
import { gaveUp } from "./gave_up.ts";
import type { Upstream } from "./line.ts";
import { packed } from "./packing.ts";
import { ForwardPlace, type PlaceDeps } from "./place.ts";
import type { RegistrySync } from "./registry_sync.ts";
import { sentEvent } from "./sent_events.ts";
import { type ForwardState, OFF, starting } from "./state.ts";

/** What became of a message. */
export type Sent =
  | { kind: "taken"; answer: Forwarded }
  /** Nothing was said, or that it cannot be taken for the moment. */
  | { kind: "later"; why: string; askedMs?: number }
  /** A sentence of the centre: it will not be taken before somebody does something. */
  | { kind: "refused"; why: string };

export interface ForwardConfig {
  upstream: Upstream;
  keepMs: number;
  keepBytes: number;
}

export interface ForwarderDeps extends PlaceDeps {
  clock: Clock;
  log: Log;
  /** As it is now; null: nothing is forwarded. */
  config(): ForwardConfig | null;
  send(to: Upstream, message: Forward, signal: AbortSignal): Promise<Sent>;
  /** Nothing is sent any more: no connection is kept. */
  hangUp(): Promise<void>;
  readings:
    & PlaceDeps["readings"]
    & Pick<ReadingsStore, "journalAfter">;
  events: Pick<EventLog, "after" | "append">;
  registry: Pick<Registry, "byNum" | "all">;
  sync: RegistrySync;
  openAlarms: () => SentAlarm[];
  /** Carries out an order; once, with the statement in its transaction. */
  acknowledge: (
    alarm: string,
    by: string,
    done: SqlStatement,
  ) => Promise<void>;
  who: { node: string; host: string; hardware: string; perch: string };
  restMs: (failures: number, askedMs?: number) => number;
}

export interface Forwarder {
  readonly task: Task;
  state(): ForwardState;
  /** Tries at once. */
  wake(): void;
  /** So many readings were committed. */
  committed(n: number): void;
  /** One message; gives ms until the next. For the task and for tests. */
  step(signal: AbortSignal): Promise<number>;
}

const PAGE_BYTES = 32 * 1024;
/** What arrives together is sent together. */
const LINGER_MS = 300;
const HEARTBEAT_MS = 5_000;
const SAVE_MS = 10_000;
const BOUND_MS = 60_000;
/** Behind by so much, the newest values are sent ahead. */
const LIVE_AFTER_MS = 10_000;
const LIVE_MOST = 500;
const REFUSED_MS = 30_000;
const OFF_MS = 5_000;

export function createForwarder(deps: ForwarderDeps): Forwarder {
  const { clock, log, events, registry, store, readings, sync } = deps;
  const wake = createWake(clock);
  const instance = randomId(20);
  let place: ForwardPlace | null = null;
  let known: Forwarded | null = null;
  let state: ForwardState = OFF;
  let failures = 0;
  let savedMs = -Infinity;
  let boundedMs = -Infinity;
  let asideMs: number | null = null;
  let waitingInJournal: number | null = null;
  let liveFrom = 0;
  let lostTo: number | null = null;
  let isOff = false;

  async function off(): Promise<number> {
    if (!isOff) {
      await deps.hangUp();
      await ForwardPlace.forget(deps);
      place = null;
      known = null;
      state = OFF;
      isOff = true;
    }
    return OFF_MS;
  }

  async function open(config: ForwardConfig): Promise<ForwardPlace> {
    isOff = false;
    if (place === null) {
      place = await ForwardPlace.open(deps);
      waitingInJournal = null;
      state = starting(config.upstream);
    }
    const { centre, site } = config.upstream;
    state = { ...state, centre, site, lost: place.lost };
    return place;
  }

  /** The message that comes next, and how many readings of the journal are in it. */
  async function compose(at: ForwardPlace): Promise<{ message: Forward; n: number }> {
    const ofReadings = at.epochOf("readings");
    const ofEvents = at.epochOf("events");
    const index = await leading(at, ofReadings.index, ofEvents.index);
    const { epoch } = ofReadings.index === index ? ofReadings : ofEvents;
    const message: Forward = {
      ...{ protocol: PROTOCOL, ...deps.who, instance, sent_ms: clock.now(), epoch },
      lag: { readings: state.waiting, oldest_ms: state.oldestMs, lost: at.lost },
      done: await store.done(),
    };
    // First who we are and where the centre stands; then what it does not have.
    if (known === null) {
      const page = await nextPage(at, 1);
      message.lag.oldest_ms = state.oldestMs = page.tMs[0] ?? state.oldestMs;
      return { message, n: 0 };
    }
    const registered = sync.next(known.registry);
    if (registered !== null) message.registry = registered;
    // A sensor may have another name now: readings follow when the centre knows all of them.
    if (registered?.version === null) return { message, n: 0 };
    let n = 0;
    if (ofReadings.index === index) {
      const page = await nextPage(at, PAGE_BYTES);
      state.oldestMs = page.groupId.length === 0 ? null : page.tMs[0] ?? state.oldestMs;
      if (page.groupId.length > 0 && page.groupId[0] <= ofReadings.upTo) {
        const one = packed(page, at.at("readings"), ofReadings.upTo, registry.byNum);
        message.readings = one.readings;
        n = one.n;
      } else if (page.groupId.length === 0 && !at.isKept) waitingInJournal = 0;
    }
    if (ofEvents.index === index) message.events = await eventsAfter(at, ofEvents.upTo);
    const open = deps.openAlarms();
    const version = nameId(JSON.stringify(open), 24);
    if (version !== known.alarms) message.alarms = { version, items: open };
    if (lostTo !== null) message.lost_to = { readings: lostTo };
    if (state.oldestMs !== null && clock.now() - state.oldestMs > LIVE_AFTER_MS) {
      message.live = newest();
    }
    message.lag.oldest_ms = state.oldestMs;
    return { message, n };
  }

  const nextPage = (at: ForwardPlace, maxBytes: number) =>
    readings.journalAfter({
      afterGroup: at.at("readings"),
      maxBytes,
      ...(at.isKept ? { kept: "forward" } : {}),
    });

  /** The epoch that is sent of: the older one as long as something of it is left. */
  async function leading(at: ForwardPlace, ofReadings: number, ofEvents: number): Promise<number> {
    if (ofReadings === ofEvents) return ofReadings;
    if (ofEvents < ofReadings) {
      // Events that were purged meanwhile leave nothing to send.
      const { upTo } = at.epochOf("events");
      const [next] = await events.after(at.at("events"), 1);
      if (next !== undefined && next.id <= upTo) return ofEvents;
      at.move("events", upTo);
    }
    return Math.min(ofReadings, at.epochOf("events").index);
  }

  async function eventsAfter(at: ForwardPlace, upTo: number): Promise<Forward["events"]> {
    const after = at.at("events");
    const found = (await events.after(after, EVENTS_MOST)).filter(({ id }) => id <= upTo);
    if (found.length === 0) return undefined;
    return {
      after,
      to: found.at(-1)!.id,
      items: found.filter(({ type }) => !isPrivate(type)).map(sentEvent),
    };
  }

  function newest(): Forward["live"] {
    const all = registry.all();
    const part = all.slice(liveFrom, liveFrom + LIVE_MOST);
    liveFrom = liveFrom + LIVE_MOST >= all.length ? 0 : liveFrom + LIVE_MOST;
    return part.flatMap(({ name, kind, last }): [string, number, number][] =>
      last === null || kind === "text" ? [] : [[name, last.tMs, last.value]]
    );
  }

  /** What the answer says of where the centre stands. */
  async function follow(at: ForwardPlace, message: Forward, answer: Forwarded): Promise<void> {
    if (answer.fresh_epoch) {
      log.warn("the centre asks for a new epoch: a copy of this Perch had spoken for its site");
      await at.save();
      await at.beginEpoch(at.at("readings"), at.at("events"));
      return;
    }
    for (const lane of ["readings", "events"] as const) {
      const has = answer[lane];
      if (has === null || at.epochOf(lane).epoch !== message.epoch) continue;
      const { upTo } = at.epochOf(lane);
      const newest = lane === "readings" ? await newestGroup(has) : await deps.newestEvent();
      if (upTo === Infinity && has > newest) {
        log.warn("the centre has more than this database: it was put back by hand", {
          has,
          newest,
        });
        await at.save();
        await at.beginEpoch(newest, await deps.newestEvent());
        return;
      }
      if (has >= at.at(lane)) at.move(lane, Math.min(has, upTo));
      else await goBack(at, lane, has);
    }
    if (lostTo !== null && (answer.readings ?? 0) >= lostTo) lostTo = null;
  }

  async function newestGroup(has: number): Promise<number> {
    // Asked only where it could matter.
    const { upTo } = place!.epochOf("readings");
    return upTo === Infinity && has > place!.at("readings") ? await store.lastGroup() : has;
  }

  /** The centre has less than it had acknowledged: it was restored from a backup. */
  async function goBack(at: ForwardPlace, lane: "readings" | "events", has: number): Promise<void> {
    if (lane === "events") return at.move(lane, has);
    for (const  of of[{ kept: "forward" as const }, {}]) {
      const page = await readings.journalAfter({ afterGroup: has, maxBytes: 1, ...of });
      if (page.groupId[0] === has + 1) return at.move(lane, has);
    }
    if (lostTo === at.at(lane)) return;
    lostTo = at.at(lane);
    await events.append({
      type: "component.changed",
      subject: "component:forwarding",
      severity: "warning",
      tMs: clock.now(),
      text:
        "The centre has less than it had: it was restored, and what it lacks is not in the journal here any more. " +
        "An export of that time from here and an import there bring it back",
      actor: null,
      body: { has, had: lostTo },
      route: true,
    });
  }

  async function obey(answer: Forwarded, done: readonly number[]): Promise<void> {
    if (done.length > 0) await deps.write([store.forgetDone(done)]);
    const before = new Set(await (answer.commands.length > 0 ? store.done() : []));
    for (const { id, alarm, by } of answer.commands) {
      if (before.has(id) || done.includes(id)) continue;
      await deps.acknowledge(alarm, by, store.addDone(id, clock.now()));
    }
    if (answer.commands.length > 0) wake.now();
  }

  async function upkeep(at: ForwardPlace, { keepMs, keepBytes }: ForwardConfig): Promise<void> {
    const nowMs = clock.monotonic();
    if (nowMs - savedMs > SAVE_MS) {
      savedMs = nowMs;
      await at.save();
    }
    if (state.state === "connected" || state.waiting === 0) asideMs = null;
    else asideMs ??= nowMs;
    if (asideMs !== null && nowMs - asideMs > ASIDE_AFTER_MS) {
      const moved = await at.setAside();
      asideMs = nowMs;
      waitingInJournal = Math.max(0, (waitingInJournal ?? 0) - moved);
    }
    if (at.kept !== null && nowMs - boundedMs > BOUND_MS) {
      boundedMs = nowMs;
      const lost = await at.bound({ bytes: keepBytes, beforeMs: clock.now() - keepMs });
      if (lost > 0) {
        lostTo = at.at("readings");
        await events.append(gaveUp(lost, "forwarding", keepMs, clock.now()));
      }
    }
    state.keptBytes = at.kept?.bytes ?? 0;
  }

  /** Counts what waits in the journal, once after a start. */
  async function count(at: ForwardPlace): Promise<void> {
    let n = 0;
    waitingInJournal = 0;
    let after = Math.max(at.at("readings"), at.kept?.lastId ?? 0);
    for (;;) {
      const page = await readings.journalAfter({ afterGroup: after, maxBytes: 8 * PAGE_BYTES });
      if (page.groupId.length === 0) break;
      n += page.sensor.length;
      after = page.groupId.at(-1)!;
    }
    // What was committed meanwhile was counted twice; that is put right when nothing is left.
    waitingInJournal = n;
  }

  async function step(signal: AbortSignal): Promise<number> {
    const config = deps.config();
    if (config === null) return await off();
    const at = await open(config);
    if (waitingInJournal === null) await count(at);
    await upkeep(at, config);
    state.waiting = (waitingInJournal ?? 0) + (at.isKept ? at.kept!.readings : 0);
    const isHello = known === null;
    const { message, n } = await compose(at);
    const wasKept = at.isKept;
    const sent = await deps.send(config.upstream, message, signal);
    if (sent.kind !== "taken") return notTaken(sent);
    const { answer } = sent;
    failures = 0;
    const before = at.at("readings");
    await follow(at, message, answer);
    if (message.registry !== undefined) sync.taken();
    await obey(answer, message.done);
    known = answer;
    const moved = at.at("readings") > before;
    if (moved && !wasKept) waitingInJournal = Math.max(0, (waitingInJournal ?? 0) - n);
    state = {
      ...state,
      state: "connected",
      detail:
        `The centre ${config.upstream.centre} takes what happens here as the site ${config.upstream.site}`,
      lost: at.lost,
      sent: state.sent + (moved ? message.readings?.s.length ?? 0 : 0),
      contactMs: clock.now(),
      offsetMs: Math.round(clock.now() - answer.now_ms),
      centreVersion: answer.perch,
    };
    if (message.readings === undefined && !at.isKept) {
      state.waiting = waitingInJournal;
      if (state.waiting === 0) state.oldestMs = null;
    }
    const isMore = message.readings !== undefined || message.events !== undefined ||
      message.registry !== undefined || message.alarms !== undefined;
    const isStuck = message.readings !== undefined && !moved && at.at("readings") === before;
    return isStuck
      ? deps.restMs(1)
      : isHello || isMore || message.done.length > 0
      ? 0
      : HEARTBEAT_MS;
  }

  function notTaken(sent: Exclude<Sent, { kind: "taken" }>): number {
    failures++;
    // What it said before may not hold any more.
    known = null;
    const isRefused = sent.kind === "refused";
    if (state.state !== (isRefused ? "refused" : "waiting")) {
      log.warn("nothing is forwarded for the moment", { why: sent.why });
    }
    const waitMs = isRefused ? REFUSED_MS : deps.restMs(failures, sent.askedMs);
    state = {
      ...state,
      state: isRefused ? "refused" : "waiting",
      detail: isRefused
        ? sent.why
        : `${sent.why} What happens here is kept and forwarded later. Trying again in ${
          duration(waitMs)
        }.`,
    };
    return waitMs;
  }

  return {
    state: () => asSet(state, deps.config()),
    wake: () => wake.now(),
    committed(n) {
      if (place === null) return;
      waitingInJournal = (waitingInJournal ?? 0) + n;
      state.waiting = (state.waiting ?? 0) + n;
      if (state.state === "connected") wake.now();
    },
    step,
    task: {
      name: "forwarding",
      async run(signal) {
        try {
          for (;;) {
            const waitMs = await step(signal);
            if (waitMs === 0) continue;
            await wake.sleep(waitMs, signal);
            if (state.state === "connected") await clock.sleep(LINGER_MS, signal);
          }
        } finally {
          await deps.hangUp();
          await place?.save().catch((error) => log.warn(messageOf(error)));
        }
      },
    },
  };
}

/** What was set a moment ago is said before the task has seen it. */
function asSet(state: ForwardState, config: ForwardConfig | null): ForwardState {
  if (config === null) return OFF;
  return state.state === "off" ? starting(config.upstream) : { ...state };
}
