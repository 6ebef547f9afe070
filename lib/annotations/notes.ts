/** What people do with notes. Each change is one transaction with its audit row. */
import type { Clock } from "../base/clock.ts";
import { createTurns } from "../base/turns.ts";
import { PerchError } from "../base/errors.ts";
import type { Database } from "../db/client.ts";
import type { PageOf } from "../db/list.ts";
import type { ChartNoteRow } from "../db/schema/pages.ts";
import type { Audited } from "../events/audit_change.ts";
import type { MachineDirectory, SensorDirectory } from "../machines/sensor.ts";
import { type Note, type NoteChange, type NoteDraft, NOTES_MOST } from "./note.ts";
import { createNoteStore, type NoteQuery } from "./note_store.ts";

/** Who writes. */
export interface NoteAuthor {
  id: string;
  name: string;
  /** May change what others wrote. */
  moderator: boolean;
  audited: Audited;
}

export interface Notes {
  /** Newest first. @throws `validation` for a wrong cursor */
  list(query: NoteQuery): Promise<PageOf<Note>>;
  /** @throws `not_found` */
  get(id: string): Promise<Note>;
  /** @throws `validation` naming what is wrong; `conflict` where there are `NOTES_MOST` already */
  add(draft: NoteDraft, by: NoteAuthor): Promise<Note>;
  /** @throws `not_found`, `validation`; `forbidden` for what somebody else wrote */
  change(id: string, change: NoteChange, by: NoteAuthor): Promise<Note>;
  /** @throws `not_found`; `forbidden` for what somebody else wrote */
  remove(id: string, by: NoteAuthor): Promise<void>;
}

/** May this person change that note? */
export function mayChange(
  note: Pick<Note, "author_id">,
  by: Pick<NoteAuthor, "id" | "moderator">,
): boolean {
  return by.moderator || note.author_id === by.id;
}

export function createNotes(deps: {
  db: Database;
  clock: Clock;
  sensors: Pick<SensorDirectory, "find">;
  machines: Pick<MachineDirectory, "find">;
}): Notes {
  const { db, clock, sensors, machines } = deps;
  const store = createNoteStore(db);
  const oneAtATime = createTurns();

  async function rowOf(id: string): Promise<ChartNoteRow> {
    const row = /^\d{1,15}$/.test(id) ? await store.find(Number(id)) : null;
    if (row !== null) return row;
    throw new PerchError("not_found", `there is no note "${id.slice(0, 40)}"`, {
      about: [`note:${id.slice(0, 40)}`],
    });
  }

  async function mine(id: string, by: NoteAuthor): Promise<ChartNoteRow> {
    const row = await rowOf(id);
    if (mayChange(noteOf(row), by)) return row;
    throw new PerchError("forbidden", `only ${row.author} or an admin may change this note`);
  }

  function placeOf(
    { machine, sensor }: NoteDraft,
  ): Pick<ChartNoteRow, "machineId" | "sensorId"> {
    if (sensor !== undefined) {
      const found = sensors.find(sensor);
      if (!found) throw fieldError("sensor", `there is no sensor "${sensor.slice(0, 200)}"`);
      return { sensorId: found.id, machineId: machines.find(found.machine)?.id ?? null };
    }
    if (machine === undefined) return { sensorId: null, machineId: null };
    const found = machines.find(machine);
    if (!found || found.deletedMs !== null) {
      throw fieldError("machine", `there is no machine "${machine.slice(0, 200)}"`);
    }
    return { sensorId: null, machineId: found.id };
  }

  function noteOf(row: ChartNoteRow): Note {
    const sensor = row.sensorId === null ? undefined : sensors.find(row.sensorId);
    const machine = row.machineId === null ? undefined : machines.find(row.machineId);
    return {
      id: String(row.id),
      at_ms: row.atMs,
      until_ms: row.untilMs,
      machine: sensor?.machine ?? machine?.path ?? null,
      sensor: sensor?.name ?? null,
      sensor_id: row.sensorId,
      text: row.text,
      author: row.author,
      author_id: row.authorId,
      created_ms: row.createdMs,
      changed_ms: row.changedMs,
    };
  }

  /** @throws PerchError `conflict` */
  async function refuseMany(place: Pick<ChartNoteRow, "machineId" | "sensorId">): Promise<void> {
    if (await store.countAt(place) < NOTES_MOST) return;
    const { machineId, sensorId } = place;
    const [what, name, asked] = sensorId !== null
      ? ["a sensor", sensors.find(sensorId)?.name ?? sensorId, `?sensor=${sensorId}`]
      : machineId !== null
      ? ["a machine", machines.find(machineId)?.path ?? machineId, `?machine=${machineId}`]
      : ["the site", "the site", ""];
    throw new PerchError(
      "conflict",
      `${name} has ${NOTES_MOST} notes, as many as are kept for ${what}: delete some first. ` +
        `They stand below its charts, and at /api/notes${asked}.`,
    );
  }

  async function add(draft: NoteDraft, by: NoteAuthor): Promise<Note> {
    const row: Omit<ChartNoteRow, "id"> = {
      ...placeOf(draft),
      atMs: draft.at_ms,
      untilMs: draft.until_ms ?? null,
      text: noteText(draft.text),
      authorId: by.id,
      author: by.name,
      createdMs: clock.now(),
      changedMs: null,
    };
    checkOrder(row);
    await refuseMany(row);
    const { text, atMs, untilMs } = row;
    const resource = row.sensorId !== null
      ? `sensor:${row.sensorId}`
      : row.machineId !== null
      ? `machine:${machines.find(row.machineId)?.path}`
      : "site";
    const [{ rows }] = await db.write([
      store.insert(row),
      by.audited({
        action: "note.add",
        resource,
        after: { text, at_ms: atMs, until_ms: untilMs },
      }),
    ]);
    return noteOf({ ...row, id: Number(rows[0][0]) });
  }

  return {
    async list(query) {
      const { items, next } = await store.list(query);
      return { items: items.map(noteOf), next };
    },
    get: async (id) => noteOf(await rowOf(id)),
    add: (draft, by) => oneAtATime(() => add(draft, by)),
    async change(id, change, by) {
      const row = await mine(id, by);
      const next = {
        ...row,
        atMs: change.at_ms ?? row.atMs,
        untilMs: change.until_ms === undefined ? row.untilMs : change.until_ms,
        text: change.text === undefined ? row.text : noteText(change.text),
        changedMs: clock.now(),
      };
      checkOrder(next);
      const { atMs, untilMs, text, changedMs } = next;
      await db.write([
        store.update(row.id, { atMs, untilMs, text, changedMs }),
        by.audited({
          action: "note.update",
          resource: `note:${row.id}`,
          before: { text: row.text, at_ms: row.atMs, until_ms: row.untilMs },
          after: { text, at_ms: atMs, until_ms: untilMs },
        }),
      ]);
      return noteOf(next);
    },
    async remove(id, by) {
      const row = await mine(id, by);
      await db.write([
        store.remove(row.id),
        by.audited({
          action: "note.delete",
          resource: `note:${row.id}`,
          before: { text: row.text, at_ms: row.atMs, author: row.author },
        }),
      ]);
    },
  };
}

function checkOrder({ atMs, untilMs }: { atMs: number; untilMs: number | null }): void {
  if (untilMs !== null && untilMs <= atMs) throw fieldError("until_ms", "must be after at_ms");
}

// deno-lint-ignore no-control-regex
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029]/g;

/** As it is stored: no control characters but line ends. @throws PerchError `validation` */
function noteText(given: string): string {
  const text = given.replace(/\r\n?/g, "\n").replace(CONTROL, " ").toWellFormed().trim();
  if (text === "") throw fieldError("text", "must not be empty");
  return text;
}

function fieldError(path: string, message: string): PerchError {
  return new PerchError("validation", `${path}: ${message}`, { errors: [{ path, message }] });
}
