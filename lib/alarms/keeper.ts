/**
 * DESIGN. Changes of alarms, one after the other. A change folds its inputs over a draft of the book, then
 * writes in ONE transaction: the alarms' rows, an event per step, the cursor of what it read, what rooms to the
 * right add (a ticket) and the audit row. Only after COMMIT do the book and the listeners have it. When the
 * write fails, the draft is put back as the book is and the cursor has not moved: the same is read again.
 */
import type { Database, SqlStatement } from "../db/client.ts";
import type { EventLog } from "../events/events_store.ts";
import type { Audited } from "../events/audit_change.ts";
import type { Alarm, AlarmEventBody } from "./alarm.ts";
import type { AlarmStore } from "./alarm_store.ts";
import { createTurns } from "../base/turns.ts";
import { type Book, createBook } from "./book.ts";
import { decide } from "./decide.ts";
import { type AlarmOptions, type Decision } from "./decision.ts";
import { type AlarmRecord, released, type Step } from "./record.ts";
import type { Observation } from "./observation.ts";
import { PAST_NOTE, type PastAlarm, pastRecord } from "./past_alarm.ts";
import { alarmOf, type Places } from "./view.ts";
import { sentenceOf } from "./words.ts";

/** A step of an alarm as rooms to the right and the live stream see it. */
export interface AlarmTransition {
  type: Step["type"];
  /** After it. */
  alarm: Alarm;
  tMs: number;
  /** Name of who did it; null: Perch itself. */
  actor: string | null;
  note: string | null;
}

/** What was committed. */
export interface Committed {
  /** In order. */
  transitions: AlarmTransition[];
  /** Alarms that changed without a step: counted up, judged. As they are now. */
  updated: Alarm[];
}

export interface KeeperDeps {
  db: Pick<Database, "write">;
  store: AlarmStore;
  events: Pick<EventLog, "statement">;
  places: Places;
  options: () => AlarmOptions;
  /** The machine is in a maintenance window. */
  inMaintenance: (machine: string, nowMs: number) => boolean;
  /** Statements of the same transaction, e.g. a ticket; `note` is that of the person who acts. */
  alongside: (
    transitions: readonly AlarmTransition[],
    audited?: Audited,
  ) => Promise<SqlStatement[]>;
  /** After COMMIT. */
  onCommit: (committed: Committed) => void;
}

/** One change under way. */
export interface Change {
  readonly nowMs: number;
  readonly options: AlarmOptions;
  /** With the changes of before and of this one. */
  readonly book: Book;
  /** A decision about an alarm of the book, or a new one. */
  take(decision: Decision): void;
  /** Gives the alarm that it belongs to; null: it concerns none. */
  observe(observation: Observation): AlarmRecord | null;
  /** An alarm that is over already: kept and shown, and nobody is told. */
  keepPast(past: PastAlarm): void;
  /** Writes this in the same transaction. */
  also(...statements: SqlStatement[]): void;
  /** A person acts: what follows from it elsewhere is theirs too. */
  by(audited: Audited): void;
}

export interface Keeper {
  /** What is committed. */
  readonly book: Pick<Book, "all" | "at" | "get">;
  /** Reads what can still move; before it there is nothing in the book. */
  load(nowMs: number): Promise<void>;
  /** One change after the other; what `work` throws undoes its change and is thrown on. */
  change<T>(nowMs: number, work: (change: Change) => T | Promise<T>): Promise<T>;
  /** The machine at `from` stands at `to` now: its own transaction is committed. */
  moved(from: string, to: string): void;
}

export function createKeeper(deps: KeeperDeps): Keeper {
  const { store, events, places } = deps;
  const book = createBook();
  /** The book with the change that is under way. */
  const draft = createBook();
  const oneAtATime = createTurns();
  let nextId = 1;

  const shown = (alarm: AlarmRecord) => alarmOf(alarm, places);

  async function run<T>(nowMs: number, work: (change: Change) => T | Promise<T>): Promise<T> {
    const options = deps.options();
    const before = new Map<number, AlarmRecord | null>();
    const steps: Step[] = [];
    const extra: SqlStatement[] = [];
    let actor: Audited | undefined;
    const firstId = nextId;

    function put(alarm: AlarmRecord): void {
      if (!before.has(alarm.id)) before.set(alarm.id, draft.get(alarm.id) ?? null);
      draft.put(alarm);
    }
    function take(decision: Decision): void {
      if (draft.get(decision.alarm.id) !== decision.alarm) put(decision.alarm);
      steps.push(...decision.steps);
    }
    const change: Change = {
      nowMs,
      options,
      book: draft,
      take,
      observe(observation) {
        const alarm = draft.choose(observation, nowMs, options);
        const maintenance = observation.machine !== null &&
          deps.inMaintenance(observation.machine, nowMs);
        const decision = decide(alarm, observation, { newId: nextId, maintenance }, nowMs, options);
        if (decision === null) return null;
        if (decision.alarm.id === nextId) nextId++;
        take(decision);
        if (observation.present && !observation.point) {
          for (const other of draft.holders(observation, decision.alarm.id)) {
            put(released(other, observation.key));
          }
        }
        return decision.alarm;
      },
      keepPast(past) {
        const alarm = pastRecord(past, nextId++, nowMs);
        put(alarm);
        extra.push(pastEvent(alarm, nowMs));
      },
      also: (...statements) => void extra.push(...statements),
      by(audited) {
        actor = audited;
      },
    };
    try {
      const result = await work(change);
      await commit(before, steps, extra, nowMs, actor);
      for (const one of [draft, book]) one.prune(nowMs, options);
      return result;
    } catch (error) {
      nextId = firstId;
      for (const id of before.keys()) {
        const alarm = book.get(id);
        if (alarm === undefined) draft.remove(id);
        else draft.put(alarm);
      }
      throw error;
    }
  }

  async function commit(
    before: ReadonlyMap<number, AlarmRecord | null>,
    steps: readonly Step[],
    extra: readonly SqlStatement[],
    nowMs: number,
    audited: Audited | undefined,
  ): Promise<void> {
    if (before.size === 0 && extra.length === 0) return;
    const alarms = [...before.keys()].map((id) => draft.get(id)!);
    const transitions = steps.map((step): AlarmTransition => ({
      type: step.type,
      alarm: shown(step.alarm),
      tMs: nowMs,
      actor: step.actor,
      note: step.note,
    }));
    const beside = transitions.length === 0 ? [] : await deps.alongside(transitions, audited);
    await deps.db.write([
      ...alarms.map((alarm) => {
        const sensor = alarm.sensor === null ? undefined : places.sensor(alarm.sensor);
        return store.put(alarm, sensor?.name ?? null, before.get(alarm.id));
      }),
      ...steps.map((step, i) => eventOf(step, transitions[i])),
      ...beside,
      ...extra,
    ]);
    for (const { id } of alarms) book.put(draft.get(id)!);
    const stepped = new Set(steps.map((step) => step.alarm.id));
    const updated = alarms.filter((alarm) => !stepped.has(alarm.id)).map(shown);
    deps.onCommit({ transitions, updated });
  }

  /** What its history says: there was no step here. */
  function pastEvent(alarm: AlarmRecord, nowMs: number): SqlStatement {
    const seen = shown(alarm);
    const body: AlarmEventBody = { alarm: seen, note: PAST_NOTE };
    return events.statement({
      ...{ type: "alarm.resolved", subject: `alarm:${alarm.id}`, severity: alarm.severity },
      ...{ tMs: nowMs, actor: alarm.resolvedBy, body, route: false },
      text: `${seen.machine_name ?? "Perch"}: ${alarm.title}: over: ${PAST_NOTE}`,
    });
  }

  function eventOf(step: Step, { alarm, tMs, note, actor }: AlarmTransition): SqlStatement {
    const where = alarm.machine_name ?? "Perch";
    const body: AlarmEventBody = { alarm, note };
    return events.statement({
      type: step.type,
      subject: `alarm:${alarm.id}`,
      severity: alarm.severity,
      tMs,
      text: sentenceOf(step, where, tMs),
      actor,
      body,
      route: true,
    });
  }

  return {
    book,
    async load(nowMs) {
      const options = deps.options();
      nextId = await store.lastId() + 1;
      const alarms = await store.live(nowMs - options.repeatMs);
      for (const one of [draft, book]) {
        for (const alarm of alarms) one.put(alarm);
        one.prune(nowMs, options);
      }
    },
    change: (nowMs, work) => oneAtATime(() => run(nowMs, work)),
    moved(from, to) {
      for (const one of [draft, book]) {
        for (const alarm of [...one.all()]) {
          if (alarm.machine === from) one.put({ ...alarm, machine: to });
        }
      }
    },
  };
}
