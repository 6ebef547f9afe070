import { z } from "zod";
import { annotationShape } from "../../lib/annotations/annotation.ts";
import { noteChangeShape, noteDraftShape, noteShape } from "../../lib/annotations/note.ts";
import { bodyMoment, momentMs, timeField } from "../../lib/base/epoch.ts";
import { PerchError } from "../../lib/base/errors.ts";
import type { Clock } from "../../lib/base/clock.ts";
import type { Machine } from "../../lib/machines/machine.ts";
import type { MachineDirectory } from "../../lib/machines/sensor.ts";
import { HOUR_MS } from "../../lib/words/times.ts";
import { cursorField, findSensor, idParams, limitField, list, listOf } from "../http/params.ts";
import { type Route, route } from "../http/route.ts";
import { type AnnotationServices, noteAuthor, placesOf } from "./request.ts";

const tags = ["Annotations"];
/** As many as a comparison shows. */
const PLACES_MOST = 20;

const places = {
  sensor: list(z.string().min(1).max(2000)).optional().describe("id, full name or machine/sensor"),
  machine: list(z.string().min(1).max(2000)).optional().describe("path or id"),
  from: timeField("default one hour before `to`"),
  to: timeField("exclusive; default now"),
};

const until = bodyMoment.nullable().describe("null: it is about a moment");
const draftShape = noteDraftShape.extend({ at_ms: bodyMoment, until_ms: until.optional() })
  .meta({ id: "ChartNoteDraft" });
const changeShape = noteChangeShape.extend({
  at_ms: bodyMoment.optional(),
  until_ms: until.optional(),
}).meta({ id: "ChartNoteChange" });

/** `/api/annotations`: what charts draw; `/api/notes`: what people write there. */
export function annotationRoutes(services: AnnotationServices & { clock: Clock }): Route[] {
  const { notes, annotations, sensors, machines, audit, clock } = services;

  function asked({ sensor = [], machine = [] }: { sensor?: string[]; machine?: string[] }) {
    const found = [
      ...placesOf(machines, sensor.map((name) => findSensor(sensors, name))),
      ...machine.map((name) => ({ machine: findMachine(machines, name), sensors: null })),
    ];
    if (found.length <= PLACES_MOST) return found;
    throw new PerchError("validation", `names ${found.length} machines; at most ${PLACES_MOST}`);
  }

  /** Its times as epoch ms. */
  function timed<T extends { at_ms?: number | string; until_ms?: number | string | null }>(
    given: T,
  ) {
    const nowMs = clock.now();
    const times = {
      at_ms: momentMs(given.at_ms, nowMs),
      until_ms: momentMs(given.until_ms, nowMs),
    };
    const known = Object.entries(times).filter(([, ms]) => ms !== undefined);
    return { ...given, ...Object.fromEntries(known) };
  }

  return [
    route({
      method: "get",
      path: "/api/annotations",
      policy: "viewer",
      summary: "What charts draw beside readings: alarms, tickets, maintenance, notes, by time",
      tags,
      query: z.object(places),
      example: { query: { sensor: "hall-1/press-3/temperature", from: "-24h" } },
      responses: {
        200: {
          description: "The latest 100 of each kind and machine; /api/notes and others page",
          schema: listOf(annotationShape),
        },
        404: { description: "There is no such sensor or machine" },
      },
      handler: async ({ query }) => {
        const toMs = query.to?.(clock.now()) ?? clock.now() + 1;
        const fromMs = query.from?.(clock.now()) ?? Math.max(0, toMs - HOUR_MS);
        const items = await annotations.of(asked(query), { fromMs, toMs });
        return Response.json({ items, next: null });
      },
    }),
    route({
      method: "get",
      path: "/api/notes",
      policy: "viewer",
      summary: "Notes on charts, newest first; without sensor and machine all",
      tags,
      query: z.object({ ...places, limit: limitField(500, 50), cursor: cursorField() }),
      responses: { 200: { description: "A page of them", schema: listOf(noteShape) } },
      handler: async ({ query }) => {
        const all = query.sensor === undefined && query.machine === undefined;
        const shown = asked(query);
        const ofSensors = shown.flatMap(({ machine, sensors: some }) =>
          (some ?? sensors.all().filter((one) => one.machine === machine.path)).map(({ id }) => id)
        );
        return Response.json(
          await notes.list({
            ...(all ? {} : {
              sensors: ofSensors,
              machines: shown.map(({ machine }) => machine.id),
              site: true,
            }),
            fromMs: query.from?.(clock.now()),
            toMs: query.to?.(clock.now()),
            limit: query.limit,
            cursor: query.cursor,
          }),
        );
      },
    }),
    route({
      method: "post",
      path: "/api/notes",
      policy: "engineer",
      summary: "Note something at a time of a sensor, a machine or the site",
      tags,
      body: draftShape,
      example: {
        body: {
          sensor: "hall-1/press-3/temperature",
          at_ms: 1_795_000_000_000,
          text: "Oil changed",
        },
      },
      responses: {
        201: { description: "The note", schema: noteShape },
        409: { description: "There are 1000 at this place: delete some" },
      },
      handler: async (context) =>
        Response.json(
          await notes.add(noteDraftShape.parse(timed(context.body)), noteAuthor(audit, context)),
          { status: 201 },
        ),
    }),
    route({
      method: "get",
      path: "/api/notes/:id",
      policy: "viewer",
      summary: "A note",
      tags,
      params: idParams(),
      responses: {
        200: { description: "The note", schema: noteShape },
        404: { description: "There is no such note" },
      },
      handler: async ({ params }) => Response.json(await notes.get(params.id)),
    }),
    route({
      method: "patch",
      path: "/api/notes/:id",
      policy: "engineer",
      summary: "Change a note of one's own (admins: any)",
      tags,
      params: idParams(),
      body: changeShape,
      example: { body: { text: "Oil and filter changed" } },
      responses: { 200: { description: "The note", schema: noteShape } },
      handler: async (context) =>
        Response.json(
          await notes.change(
            context.params.id,
            noteChangeShape.parse(timed(context.body)),
            noteAuthor(audit, context),
          ),
        ),
    }),
    route({
      method: "delete",
      path: "/api/notes/:id",
      policy: "engineer",
      summary: "Delete a note of one's own (admins: any)",
      tags,
      params: idParams(),
      responses: { 204: { description: "Deleted" } },
      handler: async (context) => {
        await notes.remove(context.params.id, noteAuthor(audit, context));
        return new Response(null, { status: 204 });
      },
    }),
  ];
}

/** @throws `not_found` */
function findMachine(machines: MachineDirectory, pathOrId: string): Machine {
  const machine = machines.find(pathOrId);
  if (machine && machine.deletedMs === null) return machine;
  throw new PerchError("not_found", `there is no machine "${pathOrId.slice(0, 200)}"`);
}
