/** The alarms: what people do with them and what is asked of them. Their task is in `alarm_task.ts`. */
import { PerchError } from "../base/errors.ts";
import { randomId } from "../base/ids.ts";
import type { Task } from "../base/supervisor.ts";
import type { SqlStatement } from "../db/client.ts";
import type { PageOf } from "../db/list.ts";
import type { FindingName, StoredFinding } from "../detect/findings_store.ts";
import type { Audited } from "../events/audit_change.ts";
import { type OpenAlarms, openAlarms, type OpenAt, openAt } from "../words/alarms.ts";
import type { Severity } from "../words/severity.ts";
import type { Alarm } from "./alarm.ts";
import type { AlarmQuery, AlarmStore } from "./alarm_store.ts";
import { type AlarmTaskDeps, createAlarmTask } from "./alarm_task.ts";
import type { Book } from "./book.ts";
import { type Command, obey } from "./commands.ts";
import { observationOfPerson } from "./observation.ts";
import { type AlarmRecord, type Condition, isOpen } from "./record.ts";
import { alarmOf } from "./view.ts";

/** Who acts: a name, and the row of the audit log. */
export interface By {
  name: string;
  audited: Audited;
}

export interface ActOptions {
  /** Version that was seen: refused when the alarm has changed since. */
  version?: number;
  /** Written in the same transaction. */
  also?: readonly SqlStatement[];
}

/** What a person has to say of a machine. */
export interface RaisedAlarm {
  /** The machine as people name it: its path, the end of it, or its name. */
  machine: string;
  severity: Severity;
  /** One sentence. */
  text: string;
}

/** What an alarm is about, with what the detectors found. */
export interface AlarmEvidence {
  conditions: readonly Condition[];
  /** Newest first; the latest of each condition. */
  findings: StoredFinding[];
}

export interface Alarms {
  /** Newest first. @throws `validation` for a wrong cursor */
  list(query: AlarmQuery): Promise<PageOf<Alarm>>;
  /** @throws `not_found` */
  find(id: string): Promise<Alarm>;
  /** @throws `not_found` */
  evidence(id: string): Promise<AlarmEvidence>;
  /** Open ones, newest first. */
  open(): Alarm[];
  counts(): OpenAlarms;
  /** Those of a machine (path). */
  openAt(machine: string): OpenAt;
  /**
   * Carries out what a person wants, with the audit row in the same transaction.
   * @throws `not_found`; `conflict` when somebody was faster, saying who and when; `validation`
   */
  act(id: string, command: Command, by: By, options?: ActOptions): Promise<Alarm>;
  /**
   * A person raises one, with the audit row in the same transaction. It stands until a person resolves it.
   * @throws `validation` naming the field
   */
  raise(given: RaisedAlarm, by: By): Promise<Alarm>;
  /** Findings or predictions were stored. */
  wake(): void;
  /** Something that the rules about Perch judge has changed. */
  judgeSoon(): void;
  /** A machine is about to be moved: the statements that take its alarms along, and what follows COMMIT. */
  move(from: string, to: string): { statements: SqlStatement[]; moved(): void };
  /** A sensor (storage number) was changed or deleted: what stood for it may be void. */
  recheck(sensor: number): void;
  task: Task;
}

export interface AlarmsDeps extends Omit<AlarmTaskDeps, "store" | "findings"> {
  store: AlarmStore;
  /** The machine that a person means. @throws `validation` naming `machine` */
  machineMeant: (text: string) => string;
  findings: AlarmTaskDeps["findings"] & {
    list(query: {
      sensors: readonly number[];
      detector: string;
      fromId: number;
      beforeId: number;
      limit: number;
    }): Promise<StoredFinding[]>;
  };
  /** How a verdict reaches detectors and models: statements of its transaction, and what follows COMMIT. */
  judging: (
    findings: readonly FindingName[],
    verdict: NonNullable<AlarmRecord["verdict"]>,
    by: string,
    alarm: AlarmRecord,
  ) => { statements: SqlStatement[]; done: () => Promise<void> };
}

const CONDITIONS_SHOWN = 500;
const EVIDENCE_PER_CONDITION = 20;

export function createAlarms(deps: AlarmsDeps): Alarms {
  const { clock, log, store, keeper, places } = deps;
  const { book } = keeper;
  const { task, wake, judgeSoon, recheck } = createAlarmTask(deps);

  async function recordAt(id: string, of: Pick<Book, "get"> = book): Promise<AlarmRecord> {
    const num = /^\d{1,15}$/.test(id) ? Number(id) : NaN;
    const record = of.get(num) ?? (Number.isNaN(num) ? null : await store.find(num));
    if (record) return record;
    throw new PerchError("not_found", `there is no alarm "${id.slice(0, 40)}"`);
  }

  async function act(
    id: string,
    command: Command,
    by: By,
    { version, also = [] }: ActOptions = {},
  ): Promise<Alarm> {
    let judged = () => Promise.resolve();
    const alarm = await keeper.change(clock.now(), async (change) => {
      const was = await recordAt(id, change.book);
      if (version !== undefined && version !== was.version) throw changedSince(was, version);
      const decision = obey(was, command, by.name, change.nowMs, change.options);
      change.take(decision);
      const verdict = command.kind === "resolve" || command.kind === "judge"
        ? command.verdict
        : null;
      if (verdict !== null) {
        const judging = deps.judging(findingsOf(was), verdict, by.name, was);
        change.also(...judging.statements);
        judged = judging.done;
      }
      change.by(by.audited);
      change.also(
        by.audited({
          action: `alarm.${command.kind}`,
          resource: `alarm:${was.id}`,
          heeds: [`alarm:${was.id}/words`],
          before: auditOf(was),
          after: { ...auditOf(decision.alarm), title: was.title },
        }),
        ...also,
      );
      return alarmOf(decision.alarm, places);
    });
    wake();
    await judged().catch((error) => log.error("a detector did not follow a verdict", { error }));
    return alarm;
  }

  async function raise({ machine, severity, text }: RaisedAlarm, by: By): Promise<Alarm> {
    const path = deps.machineMeant(machine);
    const alarm = await keeper.change(clock.now(), (change) => {
      const said = { machine: path, severity, text };
      const observed = observationOfPerson(randomId(), said, by.name, change.nowMs);
      const record = change.observe(observed)!;
      change.by(by.audited);
      change.also(by.audited({
        action: "alarm.raise",
        resource: `alarm:${record.id}`,
        before: null,
        after: said,
      }));
      return alarmOf(record, places);
    });
    wake();
    return alarm;
  }

  return {
    async list(query) {
      const { items, next } = await store.list(query);
      return { items: items.map((alarm) => alarmOf(alarm, places)), next };
    },
    find: async (id) => alarmOf(await recordAt(id), places),
    async evidence(id) {
      const { conditions } = await recordAt(id);
      const found = await Promise.all(
        conditions.slice(0, CONDITIONS_SHOWN).map((one) => {
          const { sensor, detector, firstFinding, lastFinding } = one;
          if (sensor === null || detector === null || firstFinding === null) return [];
          return deps.findings.list({
            sensors: [sensor],
            detector,
            fromId: firstFinding,
            beforeId: lastFinding! + 1,
            limit: EVIDENCE_PER_CONDITION,
          });
        }),
      );
      return { conditions, findings: found.flat().sort((a, b) => b.id - a.id) };
    },
    open: () =>
      [...book.all()].filter(isOpen).sort((a, b) => b.id - a.id).map((alarm) =>
        alarmOf(alarm, places)
      ),
    counts: () => openAlarms(summaries(book.all()), clock.now()),
    openAt: (machine) => openAt(summaries(book.at(machine))),
    act,
    raise,
    wake,
    judgeSoon,
    move: (from, to) => ({
      statements: [store.move(from, to)],
      moved: () => keeper.moved(from, to),
    }),
    recheck,
    task,
  };
}

function* summaries(all: Iterable<AlarmRecord>) {
  for (const { severity, state, shelvedUntilMs, raisedMs, timing } of all) {
    yield {
      ...{ severity, state, shelved_until_ms: shelvedUntilMs },
      severity_ms: timing.severityMs ?? raisedMs,
    };
  }
}

/** The latest finding of each condition: one verdict is one lesson. */
function findingsOf(alarm: AlarmRecord): FindingName[] {
  return alarm.conditions.flatMap(({ lastFinding, sensor, detector }) =>
    lastFinding === null || sensor === null || detector === null
      ? []
      : [{ id: lastFinding, sensor, detector }]
  );
}

function auditOf({ state, shelvedUntilMs, note, verdict }: AlarmRecord) {
  return { state, shelved_until_ms: shelvedUntilMs, note, verdict };
}

function changedSince(alarm: AlarmRecord, version: number): PerchError {
  const who = alarm.resolvedBy ?? alarm.acknowledgedBy;
  const by = who === null ? "" : `; ${who} was the last to act on it`;
  return new PerchError(
    "conflict",
    `the alarm has changed: you saw version ${version}, it is at ${alarm.version}, ` +
      `${alarm.state} and ${alarm.severity}${by}`,
  );
}
