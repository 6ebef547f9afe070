import type { VNode } from "preact";
import { z } from "zod";
import { atLeast } from "../../lib/access/policy.ts";
import { type Note, NOTE_MOST, type NoteDraft } from "../../lib/annotations/note.ts";
import { mayChange } from "../../lib/annotations/notes.ts";
import { PerchError } from "../../lib/base/errors.ts";
import { sensorTitle, title } from "../../lib/words/names.ts";
import { dateTime } from "../../lib/words/times.ts";
import { Field, FormError, Hidden, SeenField, TextArea } from "../frame/form.tsx";
import { drawnAgain, formAction, NOTHING_SENT, type SentForm } from "../frame/form_action.ts";
import { machineHref, machineTitleAt, sensorHref } from "../frame/links.ts";
import type { PageParts } from "../frame/page_parts.ts";
import { Crumbs, Post, UnderMore } from "../frame/parts.tsx";
import { localTime } from "../frame/range.ts";
import { localPath } from "../http/form.ts";
import { idForm, idParams } from "../http/params.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";
import { type AnnotationServices, noteAuthor } from "./request.ts";

export type NotePageParts = PageParts & AnnotationServices;

const text = z.string();
const times = { at: text, until: text.optional(), text };
const NewForm = z.strictObject({
  ...times,
  sensor: text.optional(),
  machine: text.optional(),
  back: text.optional(),
});
const ChangeForm = z.strictObject({ ...times, id: idForm.shape.id });

/** `/notes/new`, `/notes/:id`: a note of one's own is written, changed, deleted. */
export function notePages(parts: NotePageParts): Route[] {
  const { notes, audit } = parts;

  const drawNew = (context: RouteContext, sent: SentForm) =>
    parts.frame.answer(context.c, context.who, {
      title: "New note",
      place: "/sensors",
      status: sent.status,
      content: <NewNote parts={parts} sent={sent} />,
    });
  const drawOne = async (context: RouteContext, id: string, sent: SentForm) => {
    const note = await notes.get(id);
    const { who } = context;
    const mine = atLeast(who!.role, "engineer") && mayChange(note, noteAuthor(audit, context));
    return parts.frame.answer(context.c, who, {
      title: "Note",
      place: "/sensors",
      status: sent.status,
      content: <OneNote parts={parts} note={note} mine={mine} sent={sent} />,
    });
  };
  return [
    route({
      method: "get",
      path: "/notes/new",
      policy: "engineer",
      summary: null,
      query: z.object({
        sensor: z.string().max(2000).optional(),
        machine: z.string().max(2000).optional(),
        at: z.string().max(30).optional(),
        back: z.string().max(2000).optional(),
      }).loose(),
      handler: (context) => {
        const { sensor = "", machine = "", back = "", at } = context.query;
        const atText = at ?? secondText(parts.clock.now(), parts.zone);
        return drawNew(context, {
          ...NOTHING_SENT,
          values: { sensor, machine, back, at: atText },
        });
      },
    }),
    formAction(
      "/notes/new",
      NewForm,
      async ({ sensor, machine, back, ...form }, context) => {
        const draft: NoteDraft = {
          ...timesOf(form, parts.zone),
          text: textOf(form.text),
          ...(sensor ? { sensor } : machine ? { machine } : {}),
        };
        const note = await notes.add(draft, noteAuthor(audit, context));
        return `${back ? localPath(back) : placeHref(note)}#happenings`;
      },
      drawNew,
    ),
    route({
      method: "get",
      path: "/notes/:id",
      policy: "viewer",
      summary: null,
      params: idParams(),
      handler: (context) => drawOne(context, context.params.id, NOTHING_SENT),
    }),
    formAction(
      "/notes/change",
      ChangeForm,
      async ({ id, ...form }, context) => {
        const change = { ...timesOf(form, parts.zone), text: textOf(form.text) };
        return placeHref(await notes.change(id, change, noteAuthor(audit, context)));
      },
      (context, sent) => drawOne(context, sent.values.id, sent),
    ),
    formAction(
      "/notes/delete",
      idForm,
      async ({ id }, context) => {
        const note = await notes.get(id);
        await notes.remove(id, noteAuthor(audit, context));
        return placeHref(note);
      },
      (context, sent) => drawnAgain(sent, () => drawOne(context, sent.values.id, sent)),
    ),
  ];
}

/** A time for a field, to the second. */
export function secondText(tMs: number, zone: string): string {
  return dateTime(tMs, zone).replace(" ", "T");
}

function NewNote({ parts, sent }: { parts: NotePageParts; sent: SentForm }): VNode {
  const { sensor = "", machine = "", back = "" } = sent.values;
  const found = parts.sensors.find(sensor);
  const about = found?.name ?? parts.machines.find(machine)?.path ?? null;
  return (
    <>
      {about === null ? <UnderMore /> : (
        <Crumbs>
          <a href={found ? sensorHref(found.id) : machineHref(about)}>{placeTitle(parts, about)}</a>
        </Crumbs>
      )}
      <h1>New note</h1>
      <p class="muted">
        {about === null
          ? "It is drawn on all charts."
          : `It is drawn on the charts of ${placeTitle(parts, about)}.`}
      </p>
      <form method="post" action="/notes/new" class="card form">
        <Hidden values={{ sensor, machine, back }} />
        <NoteFields sent={sent} zone={parts.zone} />
        <button type="submit" class="primary">Add the note</button>
      </form>
    </>
  );
}

function OneNote(
  { parts, note, mine, sent }: {
    parts: NotePageParts;
    note: Note;
    mine: boolean;
    sent: SentForm;
  },
): VNode {
  const { zone } = parts;
  const place = note.sensor ?? note.machine;
  const values = {
    at: secondText(note.at_ms, zone),
    until: note.until_ms === null ? "" : secondText(note.until_ms, zone),
    text: note.text,
    ...sent.values,
  };
  return (
    <>
      <Crumbs>
        <a href={placeHref(note)}>{place === null ? "The whole site" : placeTitle(parts, place)}</a>
      </Crumbs>
      <h1>Note</h1>
      <p class="notes">{note.text}</p>
      <p class="muted">
        {`${dateTime(note.at_ms, zone)}${
          note.until_ms === null ? "" : ` to ${dateTime(note.until_ms, zone)}`
        } (${zone}), by ${note.author}`}
        {note.changed_ms !== null && `, changed ${dateTime(note.changed_ms, zone)}`}
      </p>
      {mine
        ? (
          <>
            <form method="post" action="/notes/change" class="card form">
              <SeenField />
              <Hidden values={{ id: note.id }} />
              <NoteFields sent={{ ...sent, values }} zone={zone} />
              <button type="submit" class="primary">Save</button>
            </form>
            <Post action="/notes/delete" fields={{ id: note.id }} seen>Delete the note</Post>
          </>
        )
        : <p class="muted">{`Only ${note.author} or an admin may change it.`}</p>}
    </>
  );
}

function NoteFields({ sent, zone }: { sent: SentForm; zone: string }): VNode {
  const { errors, values } = sent;
  return (
    <>
      <FormError>{errors.form}</FormError>
      <TextArea
        name="text"
        label="Note"
        value={values.text}
        error={errors.text}
        help={`At most ${NOTE_MOST} characters.`}
        required
      />
      <Field
        name="at"
        label="When"
        type="datetime-local"
        value={values.at}
        error={errors.at ?? errors.at_ms}
        help={`Time in ${zone}.`}
      />
      <Field
        name="until"
        label="Until"
        type="datetime-local"
        value={values.until}
        error={errors.until ?? errors.until_ms}
        help="Empty: it is about that moment."
        required={false}
      />
    </>
  );
}

function timesOf({ at, until }: { at: string; until?: string }, zone: string) {
  const moment = (path: string, given: string) => {
    const tMs = localTime(given, zone);
    if (tMs === null) throw wrong(path, `"${given.slice(0, 40)}" is not a date and time`);
    return tMs;
  };
  return { at_ms: moment("at", at), until_ms: until ? moment("until", until) : null };
}

function textOf(given: string): string {
  const text = given.trim();
  if (text === "") throw wrong("text", "must not be empty");
  if (text.length > NOTE_MOST) {
    throw wrong("text", `has ${text.length} characters; ${NOTE_MOST} are allowed`);
  }
  return text;
}

function wrong(path: string, message: string): PerchError {
  return new PerchError("validation", `${path}: ${message}`, { errors: [{ path, message }] });
}

/** Where a note is drawn. */
function placeHref({ sensor_id, sensor, machine }: Note): string {
  if (sensor !== null) return sensorHref(sensor_id!);
  return machine === null ? "/" : machineHref(machine);
}

/** `Hall 1 / Press 3`: areas, then machine and sensor as people call them. */
function placeTitle({ machines, sensors }: NotePageParts, path: string): string {
  const sensor = sensors.find(path);
  const machine = sensor?.machine ?? path;
  return [
    ...machine.split("/").slice(0, -1).map(title),
    machineTitleAt(machines, machine),
    ...(sensor === undefined ? [] : [sensorTitle(sensor)]),
  ].join(" / ");
}
