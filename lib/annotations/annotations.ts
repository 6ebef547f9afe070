/** Gathers what happened in a range at the places that a chart shows. */
import type { Alarm } from "../alarms/alarm.ts";
import type { AlarmQuery } from "../alarms/alarm_store.ts";
import type { Machine } from "../machines/machine.ts";
import { isUnder } from "../machines/machine.ts";
import type { Sensor } from "../machines/sensor.ts";
import type { MaintenanceWindow, Span } from "../machines/windows.ts";
import type { PageOf } from "../db/list.ts";
import type { Ticket } from "../tickets/ticket.ts";
import type { TicketQuery } from "../tickets/ticket_store.ts";
import type { Annotation } from "./annotation.ts";
import type { Notes } from "./notes.ts";
import { spansIn } from "./window_spans.ts";

/** A machine with those of its sensors that are shown; null: all of them, and the machine itself. */
export interface ShownPlace {
  machine: Machine;
  sensors: readonly Sensor[] | null;
}

export interface Annotations {
  /** By time, the earliest first; of each kind and machine the latest `EACH_MOST`. */
  of(places: readonly ShownPlace[], range: Span): Promise<Annotation[]>;
}

/** So many of a kind at a place: more cannot be told apart on a chart. */
export const EACH_MOST = 100;

export function createAnnotations(deps: {
  alarms: { list(query: AlarmQuery): Promise<PageOf<Alarm>> };
  tickets: { list(query: TicketQuery): Promise<PageOf<Ticket>> };
  windows: () => readonly MaintenanceWindow[];
  notes: Pick<Notes, "list">;
  /** All sensors of a machine. */
  sensorsOf: (machine: string) => readonly Sensor[];
  zone: () => string;
}): Annotations {
  const { alarms, tickets, windows, notes, zone } = deps;

  async function alarmsAt({ machine, sensors }: ShownPlace, range: Span): Promise<Annotation[]> {
    const { items } = await alarms.list({
      machine: machine.path,
      overFromMs: range.fromMs,
      toMs: range.toMs,
      limit: EACH_MOST,
    });
    return items.filter((alarm) => alarm.machine === machine.path && concerns(alarm, sensors))
      .map((alarm) => ({
        kind: "alarm",
        id: alarm.id,
        at_ms: alarm.raised_ms,
        until_ms: alarm.resolved_ms,
        text: alarm.title,
        severity: alarm.severity,
        machine: alarm.machine,
        sensor: alarm.sensor,
        by: null,
      }));
  }

  async function ticketsAt({ machine }: ShownPlace, range: Span): Promise<Annotation[]> {
    const { items } = await tickets.list({
      machineId: machine.id,
      createdBeforeMs: range.toMs,
      limit: EACH_MOST,
    });
    return items
      .filter(({ resolved_ms }) => resolved_ms === null || resolved_ms >= range.fromMs)
      .map((ticket) => ({
        kind: "ticket",
        id: ticket.id,
        at_ms: ticket.created_ms,
        until_ms: ticket.resolved_ms,
        text: `${ticket.id}: ${ticket.title}`,
        severity: null,
        machine: ticket.machine,
        sensor: null,
        by: ticket.created_by,
      }));
  }

  function windowsAt(places: readonly ShownPlace[], range: Span): Annotation[] {
    const concerned = windows().filter(({ path }) =>
      places.some(({ machine }) => isUnder(machine.path, path))
    );
    return concerned.flatMap((window) =>
      spansIn(window, range, zone(), EACH_MOST).map(({ fromMs, toMs }): Annotation => ({
        kind: "maintenance",
        id: window.id,
        at_ms: fromMs,
        until_ms: toMs,
        text: window.title,
        severity: null,
        machine: window.path === "" ? null : window.path,
        sensor: null,
        by: null,
      }))
    );
  }

  async function notesAt(places: readonly ShownPlace[], range: Span): Promise<Annotation[]> {
    const shown = places.flatMap(({ machine, sensors }) => sensors ?? deps.sensorsOf(machine.path));
    const { items } = await notes.list({
      sensors: shown.map(({ id }) => id),
      machines: places.map(({ machine }) => machine.id),
      site: true,
      ...range,
      limit: EACH_MOST,
    });
    return items.map((note) => ({
      kind: "note",
      id: note.id,
      at_ms: note.at_ms,
      until_ms: note.until_ms,
      text: note.text,
      severity: null,
      machine: note.machine,
      sensor: note.sensor,
      by: note.author,
    }));
  }

  return {
    async of(places, range) {
      const found = await Promise.all([
        notesAt(places, range),
        ...places.map((place) => alarmsAt(place, range)),
        ...places.map((place) => ticketsAt(place, range)),
      ]);
      return [...found.flat(), ...windowsAt(places, range)].sort((a, b) => a.at_ms - b.at_ms);
    },
  };
}

/** An alarm is about one of the sensors, or about the machine as a whole. */
function concerns({ sensor_id }: Alarm, sensors: readonly Sensor[] | null): boolean {
  return sensors === null || sensor_id === null || sensors.some(({ id }) => id === sensor_id);
}
