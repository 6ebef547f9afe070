import { z } from "zod";
import { PerchError } from "../../lib/base/errors.ts";
import { SCRIPT_KINDS, type ScriptRef } from "../../lib/scripts/script.ts";
import { KIND_WORDS } from "../../lib/scripts/events.ts";
import type { TriedJson } from "../../lib/scripts/shapes.ts";
import { TEMPLATES } from "../../lib/scripts/templates.ts";
import { formAction, type SentForm } from "../frame/form_action.ts";
import type { PageParts } from "../frame/page_parts.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";
import { Editor, kindOf, NewScript, type ScriptValues } from "./editor.tsx";
import { hrefOf, PAGE, ScriptList } from "./list.tsx";
import { refOf, refParams, type ScriptServices, type ScriptWork, scriptWork } from "./request.ts";

const FORM_BYTES = 1_000_000;
const VERSIONS_SHOWN = 20;
const policy = "admin";
const ONE = `${PAGE}/:kind/:name`;

const valuesForm = z.object({
  source: z.string(),
  hash: z.string().max(64).default(""),
  topic: z.string().max(2_000).default(""),
  payload: z.string().default(""),
  sample: z.string().max(40).default(""),
});
const newForm = valuesForm.extend({ kind: z.enum(SCRIPT_KINDS), name: z.string().max(100) });
const hashForm = z.strictObject({ hash: z.string().max(64) });

/** What was sent and what came of it. */
interface Sent {
  values: Partial<ScriptValues> & { name?: string };
  errors: Readonly<Record<string, string>>;
  status: number;
  tried: TriedJson | null;
}
const NOTHING: Sent = { values: {}, errors: {}, status: 200, tried: null };

/** `/settings/scripts`: codecs and detectors of one's own, with an editor. For admins. */
export function scriptPages(parts: PageParts & ScriptServices): Route[] {
  const work = scriptWork(parts);
  const draw = createDraw(parts, work);
  const page = { method: "get", policy, summary: null } as const;
  return [
    route({
      ...page,
      path: PAGE,
      query: z.object({ kind: z.string().optional(), name: z.string().optional() }).loose(),
      handler: (context) => draw.list(context, context.query),
    }),
    route({
      ...page,
      path: `${PAGE}/new`,
      query: z.object({ kind: z.string().optional() }).loose(),
      handler: (context) => draw.new(context, kindOf(context.query.kind), NOTHING),
    }),
    route({
      ...page,
      path: ONE,
      params: refParams,
      handler: (context) => draw.one(context, refOf(context.params), NOTHING),
    }),
    route({
      ...page,
      path: `${ONE}/versions/:id`,
      params: refParams.extend({ id: z.coerce.number().int().min(1) }),
      handler: (context) => draw.version(context, refOf(context.params), context.params.id),
    }),
    ...newForms(work, draw),
    ...oneForms(parts, work, draw),
  ];
}

type Draw = ReturnType<typeof createDraw>;

function createDraw(parts: PageParts & ScriptServices, work: ScriptWork) {
  const { frame, scripts } = parts;
  const answer = (
    context: RouteContext,
    title: string,
    content: preact.ComponentChildren,
    status = 200,
  ) => {
    const script = "lists" as const;
    return frame.answer(context.c, context.who, { title, place: "/more", content, status, script });
  };
  return {
    async list(context: RouteContext, query: { kind?: string; name?: string }): Promise<Response> {
      const deleted = await deletedOf(query);
      return answer(
        context,
        "Codecs and detectors",
        <ScriptList scripts={await work.list()} deleted={deleted} />,
      );
    },
    new(context: RouteContext, kind: ScriptRef["kind"], sent: Sent): Response {
      const values = { hash: "", sample: "", ...TEMPLATES[kind], ...sent.values };
      const { name = "" } = sent.values;
      return answer(
        context,
        `New ${KIND_WORDS[kind].toLowerCase()}`,
        <NewScript
          kind={kind}
          name={name}
          values={values}
          errors={sent.errors}
          tried={sent.tried}
        />,
        sent.status,
      );
    },
    async one(context: RouteContext, ref: ScriptRef, sent: Sent): Promise<Response> {
      const script = await work.one(ref);
      const { source, hash } = await scripts.read(ref);
      const samples = await scripts.samples(ref);
      const { items } = await scripts.versions(ref, { limit: VERSIONS_SHOWN });
      const { topic, payload } = TEMPLATES[ref.kind];
      const typed = samples.length > 0 ? inputOf(samples[0]) : { topic, payload };
      const values = { source, sample: "", ...typed, ...sent.values, hash };
      return answer(
        context,
        script.name,
        <Editor
          {...{ script, samples, values }}
          zone={parts.zone}
          versions={items}
          errors={sent.errors}
          tried={sent.tried}
        />,
        sent.status,
      );
    },
    async version(context: RouteContext, ref: ScriptRef, id: number): Promise<Response> {
      const version = await scripts.version(ref, id);
      const now = scripts.find(ref)?.hash == null ? null : await scripts.read(ref);
      // It brings a library that few ever need.
      const { VersionPage } = await import("./version.tsx");
      return answer(
        context,
        `Version ${id}`,
        <VersionPage {...{ version, now }} zone={parts.zone} />,
      );
    },
  };

  /** The script that the address says was just deleted. */
  async function deletedOf({ kind, name }: { kind?: string; name?: string }) {
    const known = SCRIPT_KINDS.find((one) => one === kind);
    if (known === undefined || name === undefined) return null;
    const ref = { kind: known, name };
    if (scripts.find(ref) !== null) return null;
    const [version] = (await scripts.versions(ref, { limit: 1 })).items;
    return version === undefined ? null : { ...ref, version: version.id };
  }
}

const inputOf = ({ topic, payload }: { topic: string; payload: Uint8Array }) => ({
  topic,
  payload: new TextDecoder().decode(payload),
});

/** A form that is drawn again with what is wrong, or with what a trial gave. */
function posted<T>(
  path: string,
  schema: z.ZodType<T>,
  run: (data: T, context: RouteContext) => Promise<string | Response>,
  again: (context: RouteContext, sent: Sent) => Response | Promise<Response>,
): Route {
  const draw = (context: RouteContext, sent: SentForm) => again(context, { ...sent, tried: null });
  return formAction(path, schema, run, draw, policy, FORM_BYTES);
}

function newForms(work: ScriptWork, draw: Draw): Route[] {
  const again = (context: RouteContext, sent: Sent) =>
    draw.new(context, kindOf((sent.values as { kind?: string }).kind), sent);
  return [
    posted(`${PAGE}/new`, newForm, async ({ kind, name, source }, context) => {
      await work.save(context, { kind, name }, { source, expectedHash: null, reason: "created" });
      return hrefOf({ kind, name });
    }, again),
    posted(`${PAGE}/new/try`, newForm, async (values, context) => {
      const tried = await work.try({ kind: values.kind, name: "new" }, values);
      return again(context, { values, errors: {}, status: 200, tried });
    }, again),
    posted(
      `${PAGE}/undo`,
      z.object({ kind: z.enum(SCRIPT_KINDS), name: z.string(), version: z.string().max(15) }),
      async ({ kind, name, version }, context) => {
        await work.restore(context, { kind, name }, Number(version), null);
        return hrefOf({ kind, name });
      },
      (context) => draw.list(context, {}),
    ),
  ];
}

function oneForms({ scripts }: ScriptServices, work: ScriptWork, draw: Draw): Route[] {
  const refIn = ({ c }: RouteContext) =>
    refOf({ kind: c.req.param("kind")!, name: c.req.param("name")! });
  const again = (context: RouteContext, sent: Sent) => draw.one(context, refIn(context), sent);
  return [
    posted(ONE, valuesForm, async ({ source, hash }, context) => {
      const ref = refIn(context);
      await work.save(context, ref, { source, expectedHash: hash, reason: "edited" });
      return hrefOf(ref);
    }, again),
    posted(`${ONE}/try`, valuesForm, async (values, context) => {
      const tried = await work.try(refIn(context), values);
      return await again(context, { values, errors: {}, status: 200, tried });
    }, again),
    posted(
      `${ONE}/switch`,
      hashForm.extend({ state: z.enum(["on", "off"]) }),
      async ({ state, hash }, context) => {
        await work.switch(context, refIn(context), { state, expectedHash: hash });
        return hrefOf(refIn(context));
      },
      (context, sent) => again(context, { ...sent, values: {} }),
    ),
    posted(`${ONE}/delete`, hashForm, async ({ hash }, context) => {
      const ref = refIn(context);
      await work.remove(context, ref, hash);
      return `${PAGE}?${new URLSearchParams({ ...ref })}`;
    }, (context, sent) => again(context, { ...sent, values: {} })),
    posted(
      `${ONE}/restore`,
      hashForm.extend({ version: z.string().max(15) }),
      async ({ version, hash }, context) => {
        const ref = refIn(context);
        await work.restore(context, ref, Number(version), hash === "" ? null : hash);
        return hrefOf(ref);
      },
      (context, sent) => {
        if (scripts.find(refIn(context)) !== null) return again(context, { ...sent, values: {} });
        throw new PerchError("conflict", Object.values(sent.errors)[0]);
      },
    ),
  ];
}
