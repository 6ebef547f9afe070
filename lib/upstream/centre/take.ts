import type { Clock } from "../../base/clock.ts";
import { PerchError } from "../../base/errors.ts";
import type { SqlStatement } from "../../db/client.ts";
import type { EventLog } from "../../events/events_store.ts";
import type { Audited } from "../../events/audit_change.ts";
import type { Intake, StoredReadings } from "../../intake/intake.ts";
import type { Registry } from "../../machines/registry.ts";
import type { Sensor } from "../../machines/sensor.ts";
import {
  EARLIEST_MS,
  FLAG_ARRIVAL_TIME,
  FLAG_HOST_CLOCK_SUSPECT,
  LATEST_MS,
} from "../../readings/reading.ts";
import { type Forward, type Forwarded, PROTOCOL, type SentReadings } from "../wire.ts";
import type { Registering } from "./registering.ts";
import { NEW_STATE, type Site, type SiteState, troubleOf } from "./site.ts";
import type { Numbered, SiteStore } from "./site_store.ts";
import { heard, refused, speaking } from "./speakers.ts";

export interface TakeDeps {
  clock: Pick<Clock, "now">;
  version: string;
  store: SiteStore;
  write: (statements: readonly SqlStatement[]) => Promise<unknown>;
  intake: Pick<Intake, "offerStored">;
  registry: Pick<Registry, "resolve" | "seen">;
  registering: Registering;
  events: Pick<EventLog, "foreign">;
  /** Under the name of the site. */
  audited: (site: Site) => Audited;
}

/** What became of a message: the answer, and what has to be done with it besides. */
export interface Taken {
  answer: Omit<Forwarded, "commands">;
  state: SiteState;
  /** Storage numbers whose newest value was said ahead of what waits. */
  live: number[];
}

/**
 * Takes in a message of a site. Everything that it answers to have is on disk by then: readings, and the place up to
 * which they are stored, are one transaction.
 * @throws PerchError with a sentence for the site; then nothing of it is acknowledged
 */
export function createTake(deps: TakeDeps): (site: Site, said: Forward) => Promise<Taken> {
  const { clock, store, write, intake, registering } = deps;

  return async (site, said) => {
    const nowMs = clock.now();
    heard(site, said, deps.version);
    const spoken = speaking(site.state, said, nowMs);
    const state: SiteState = {
      ...site.state,
      ...spoken,
      ...{ node: said.node, host: said.host, hardware: said.hardware, perch: said.perch },
      contactMs: nowMs,
      offsetMs: Math.round(said.sent_ms - nowMs),
      ...{ waiting: said.lag.readings, oldestMs: said.lag.oldest_ms, lost: said.lag.lost },
    };
    if (spoken.clash !== null) {
      const clashed: SiteState = { ...site.state, ...spoken };
      if (site.state.clash === null) await write([store.saveState({ ...site, state: clashed })]);
      site.state = clashed;
      throw refused(troubleOf(site)!);
    }
    if (said.epoch !== state.epoch) {
      state.epoch = said.epoch;
      state.fresh = false;
    }
    const of: Numbered = { site: site.id, node: said.node, epoch: said.epoch };
    if (state.fresh) return await answered(site, state, of, nowMs);
    if (said.registry !== undefined) {
      await registering.take(site.id, said.registry, deps.audited(site));
      state.registry = said.registry.version ?? state.registry;
    }
    const extra: SqlStatement[] = [];
    if (said.alarms !== undefined && said.alarms.version !== state.alarms) {
      extra.push(...store.putAlarms(site.id, said.alarms.items));
      state.alarms = said.alarms.version;
    }
    if (said.done.length > 0) extra.push(store.commandsDone(site.id, said.done));
    extra.push(...await eventsOf(site, of, said));
    const readings = await readingsOf(of, said);
    if (readings === null) {
      if (extra.length > 0 || isNotable(site.state, state)) {
        await write([...extra, store.saveState({ ...site, state })]);
      }
    } else {
      state.stored += readings.sensor.length;
      await intake.offerStored({
        ...readings,
        extra: [...extra, ...readings.extra, store.saveState({ ...site, state })],
      });
    }
    const live = (said.live ?? []).flatMap(([name, tMs, value]) => {
      const sensor = registering.sensor(site.id, name, value);
      if (sensor === null) return [];
      deps.registry.seen(sensor.num, tMs, value, nowMs);
      return sensor.num;
    });
    return { ...await answered(site, state, of, nowMs), live };
  };

  async function answered(
    site: Site,
    state: SiteState,
    of: Numbered,
    nowMs: number,
  ): Promise<Taken> {
    site.state = state;
    return {
      state,
      live: [],
      answer: {
        ...{ protocol: PROTOCOL, perch: deps.version, now_ms: nowMs },
        readings: await store.cursor(of, "readings"),
        events: await store.cursor(of, "events"),
        ...{ registry: state.registry, alarms: state.alarms, fresh_epoch: state.fresh },
      },
    };
  }

  /** Where a lane continues, and from where the cursor moves; null: it is not what comes next. */
  async function continues(
    of: Numbered,
    lane: "readings" | "events",
    said: { after: number; to: number },
    lostTo: number | undefined,
  ): Promise<{ from: number } | null> {
    const at = await store.cursor(of, lane);
    if (said.to < said.after) throw wrong(`${lane}.to`, "lies before after");
    if (at === null || at === said.after) return { from: said.after };
    // A stretch that the site gave up is no reason to wait for it.
    if (lostTo !== undefined && at < said.after && said.after <= lostTo) return { from: at };
    return null;
  }

  async function eventsOf(site: Site, of: Numbered, said: Forward): Promise<SqlStatement[]> {
    const { events } = said;
    if (events === undefined) return [];
    const next = await continues(of, "events", events, said.lost_to?.events);
    if (next === null) return [];
    return [
      ...events.items.map(({ uid, type, subject, severity, t, text, actor, ended }) =>
        deps.events.foreign({
          type: `external.${type.replaceAll(".", "_")}`,
          ...{ severity, tMs: t, actor },
          subject: `site:${site.id}`,
          text: `${site.name}: ${text}`,
          body: { site: site.id, subject, ...(ended === undefined ? {} : { ended }) },
        }, `${said.node}:${uid}`)
      ),
      store.advance(of, "events", next.from, events.to),
    ];
  }

  /** Readings as they are stored; null: there are none, or not those that come next. */
  async function readingsOf(of: Numbered, said: Forward): Promise<StoredReadings | null> {
    const { readings } = said;
    if (readings === undefined) return null;
    const next = await continues(of, "readings", readings, said.lost_to?.readings);
    if (next === null) return null;
    const columns = resolved(of.site, readings);
    return { ...columns, extra: [store.advance(of, "readings", next.from, readings.to)] };
  }

  function resolved(site: string, { sensors, s, t, v, f, q }: SentReadings) {
    const n = s.length;
    if ([t, v, f, ...(q === undefined ? [] : [q])].some((column) => column.length !== n)) {
      throw wrong("readings", "has columns of different lengths");
    }
    const known = new Map<number, Sensor | null>();
    const columns = {
      sensor: new Uint32Array(n),
      tMs: new Float64Array(n),
      value: new Float64Array(n),
      flags: new Uint8Array(n),
      seq: q === undefined ? null : new Float64Array(n),
    };
    let at = 0, tMs = 0;
    for (let i = 0; i < n; i++) {
      tMs += t[i];
      const name = sensors[s[i]];
      if (name === undefined) throw wrong(`readings.s.${i}`, "names no sensor");
      let sensor = known.get(s[i]);
      if (sensor === undefined) {
        sensor = registering.sensor(site, name, v[i]);
        known.set(s[i], sensor);
      }
      // Somebody deleted it here.
      if (sensor === null) continue;
      columns.sensor[at] = sensor.num;
      columns.tMs[at] = inRange(tMs, i);
      columns.value[at] = valueOf(sensor, v[i]);
      columns.flags[at] = flagsOf(f[i]);
      if (columns.seq !== null) columns.seq[at] = q![i] ?? 0;
      at++;
    }
    return {
      sensor: columns.sensor.subarray(0, at),
      tMs: columns.tMs.subarray(0, at),
      value: columns.value.subarray(0, at),
      flags: columns.flags.subarray(0, at),
      seq: columns.seq?.subarray(0, at) ?? null,
    };
  }

  function valueOf(sensor: Sensor, value: number | string): number {
    if (typeof value === "number" && sensor.kind !== "text") return value;
    const found = deps.registry.resolve({ sensor: sensor.name, value });
    if (!found.ok) throw new PerchError("validation", found.message);
    return found.value;
  }
}

function inRange(tMs: number, i: number): number {
  if (tMs >= EARLIEST_MS && tMs < LATEST_MS) return tMs;
  throw wrong(`readings.t.${i}`, `${tMs} is no time that can be stored`);
}

/** What the site's host knew of its clock is not for the clock of this one. */
function flagsOf(flags: number): number {
  return (flags & FLAG_ARRIVAL_TIME) === 0 ? flags & 15 : flags & 15 & ~FLAG_HOST_CLOCK_SUSPECT;
}

/** Something that must outlast a restart: the time of contact alone is not worth a commit. */
function isNotable(before: SiteState, after: SiteState): boolean {
  const { contactMs: _, offsetMs: _o, waiting: _w, oldestMs: _m, ...was } = before;
  const { contactMs, offsetMs: __o, waiting: __w, oldestMs: __m, ...is } = after;
  return JSON.stringify(was) !== JSON.stringify(is) ||
    contactMs! - (before.contactMs ?? NEW_STATE.contactMs ?? 0) > 60_000;
}

function wrong(path: string, message: string): PerchError {
  return new PerchError("validation", `${path} ${message}`, { errors: [{ path, message }] });
}
