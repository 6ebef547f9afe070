import type { VNode } from "preact";
import { z } from "zod";
import { CAMERA_KINDS, kindOf } from "../../lib/cameras/kinds/mod.ts";
import { formAction, NOTHING_SENT, type SentForm } from "../frame/form_action.ts";
import { cameraHref } from "../frame/links.ts";
import { Answer, Chip, Chips, Crumbs } from "../frame/parts.tsx";
import { auditedBy } from "../http/caller.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";
import { besideFields } from "../frame/option_form.tsx";
import { CameraFields, cameraOfForm, knownKind, texts } from "./fields.tsx";
import { type CameraPageParts, PAGE } from "./page_parts.tsx";

const ADD = `${PAGE}/new`;
const Query = z.object({
  kind: z.string().max(40).optional(),
  machine: z.string().max(2000).optional(),
}).loose();

/** `/cameras/new`: the kind first, then what it needs. For admins. */
export function addCameraPages(parts: CameraPageParts): Route[] {
  const draw = (
    { c, who }: RouteContext,
    query: z.output<typeof Query>,
    sent: SentForm,
  ) =>
    parts.frame.answer(c, who, {
      title: "Add a camera",
      place: PAGE,
      status: sent.status,
      content: <Content parts={parts} {...query} sent={sent} />,
    });
  return [
    route({
      method: "get",
      path: ADD,
      policy: "admin",
      summary: null,
      query: Query,
      handler: (context) => draw(context, context.query, NOTHING_SENT),
    }),
    formAction(
      ADD,
      texts,
      (values, context) =>
        besideFields(async () => {
          const kind = knownKind(values.kind);
          const given = { kind: kind.kind, ...await cameraOfForm(kind, values) };
          const view = await parts.cameras.add(given, auditedBy(parts.audit, context));
          return cameraHref(view.id);
        }),
      (context, sent) => draw(context, { kind: sent.values.kind }, sent),
      "admin",
    ),
  ];
}

function Content(
  { parts, kind: chosen, machine, sent }: {
    parts: CameraPageParts;
    kind?: string;
    machine?: string;
    sent: SentForm;
  },
): VNode {
  const kind = chosen === undefined ? null : kindOf(chosen);
  const { errors } = sent;
  const values = { ...machine === undefined ? {} : { machine }, ...sent.values };
  const suffix = machine === undefined ? "" : `&machine=${encodeURIComponent(machine)}`;
  return (
    <>
      <Crumbs>
        <a href={PAGE}>Cameras</a>
      </Crumbs>
      <Answer>{kind === null ? "What kind of camera is it?" : `Add: ${kind.title}`}</Answer>
      {kind === null
        ? (
          <ul class="card camera-kinds">
            {CAMERA_KINDS.map(({ kind, title, about }) => (
              <li key={kind}>
                <a href={`${ADD}?kind=${kind}${suffix}`}>{title}</a>
                <p class="muted">{about}</p>
              </li>
            ))}
          </ul>
        )
        : (
          <Chips label="Kinds of cameras">
            {CAMERA_KINDS.map((one) => (
              <Chip key={one.kind} href={`${ADD}?kind=${one.kind}${suffix}`} on={one === kind}>
                {one.title}
              </Chip>
            ))}
          </Chips>
        )}
      {kind !== null && (
        <section class="card" aria-label={kind.title}>
          <p>{kind.about}</p>
          <form method="post" action={ADD}>
            <input type="hidden" name="kind" value={kind.kind} />
            <CameraFields parts={parts} kind={kind} stored={null} values={values} errors={errors} />
            <button type="submit" class="primary">Add</button>
          </form>
        </section>
      )}
    </>
  );
}
