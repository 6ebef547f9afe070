import { z } from "zod";
import { optionFields } from "../../lib/base/options.ts";
import { POLL_KINDS } from "../../lib/sources/polls/kinds/mod.ts";
import { pollSettingsSchema } from "../../lib/sources/polls/poll.ts";
import type { Added } from "../../lib/sources/polls/poll_changes.ts";
import {
  checkShape,
  pollShape,
  type PollView,
  shownCheck,
  shownPoll,
} from "../../lib/sources/polls/poll_view.ts";
import { auditedBy } from "../http/caller.ts";
import { idParams, listOf } from "../http/params.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";
import {
  heartbeatAddress,
  newProbeShape,
  probePatchShape,
  type ProbeServices,
  seesOptions,
} from "./request.ts";

const tags = ["Probes"];
const params = idParams();
const fieldShape = z.object({
  name: z.string(),
  title: z.string(),
  help: z.string(),
  secret: z.boolean(),
  required: z.boolean(),
  default: z.unknown(),
  schema: z.unknown().describe("JSON Schema of the value"),
}).meta({ id: "ProbeField" });
const kindsShape = z.object({
  items: z.array(
    z.object({
      kind: z.string(),
      title: z.string(),
      about: z.string(),
      reports: z.boolean().describe("it reports to /api/heartbeat and is not asked"),
      every_s: z.number().nullable().describe("default of this kind"),
      options: z.array(fieldShape),
    }).meta({ id: "ProbeKind" }),
  ),
  next: z.null(),
  settings: z.array(fieldShape).describe("of every kind"),
});
const share = z.number().nullable();
const oneShape = pollShape.extend({
  uptime_24h: share.describe("0 to 1, of its checks"),
  uptime_30d: share,
  checks: z.array(checkShape).describe("the latest 50, oldest first"),
}).meta({ id: "ProbeNow" });
const addedShape = pollShape.extend({
  address: z.string().nullable().describe("of a heartbeat; its secret is shown this once"),
}).meta({ id: "AddedProbe" });
const allowShape = z.object({ address: z.string().nullable().describe("address and port") });
const testShape = z.object({
  ok: z.boolean(),
  text: z.string(),
  response_ms: z.number().nullable(),
}).meta({ id: "ProbeTest" });
const one = { 200: { description: "The probe", schema: pollShape } };

/** `/api/probes`: what Perch asks by itself, and what reports to it. */
export function probeRoutes(services: ProbeServices): Route[] {
  const { polls, audit } = services;
  const shown = (view: PollView, context: Pick<RouteContext, "who">) =>
    shownPoll(view, seesOptions(context));
  const added = (context: RouteContext, { view, secret }: Added, status: number) => {
    const address = secret === null ? null : heartbeatAddress(services, context, secret);
    return Response.json({ ...shown(view, context), address }, { status });
  };
  const enable = (verb: "pause" | "resume") =>
    route({
      method: "post",
      path: `/api/probes/:id/${verb}`,
      policy: "engineer",
      summary: verb === "pause" ? "Pause a probe; it has no alarm then" : "Resume a probe",
      tags,
      params,
      responses: one,
      handler: async (context) => {
        const patch = { enabled: verb === "resume" };
        const view = await polls.change(context.params.id, patch, auditedBy(audit, context));
        return Response.json(shown(view, context));
      },
    });
  return [
    route({
      method: "get",
      path: "/api/probes",
      policy: "viewer",
      summary: "Probes and heartbeats and how they are, by name",
      tags,
      responses: { 200: { description: "All probes", schema: listOf(pollShape) } },
      handler: (context) =>
        Response.json({ items: polls.all().map((view) => shown(view, context)), next: null }),
    }),
    route({
      method: "get",
      path: "/api/probes/kinds",
      policy: "admin",
      summary: "Kinds of probes, their options, and the settings of all",
      tags,
      responses: { 200: { description: "Kinds", schema: kindsShape } },
      handler: () => {
        const items = POLL_KINDS.map((
          { kind, title, about, reports = false, everyS, options },
        ) => ({
          ...{ kind, title, about, reports },
          every_s: everyS ?? null,
          options: optionFields(options),
        }));
        return Response.json({ items, next: null, settings: optionFields(pollSettingsSchema) });
      },
    }),
    route({
      method: "get",
      path: "/api/probes/:id",
      policy: "viewer",
      summary: "A probe, its uptime and its latest checks",
      tags,
      params,
      responses: { 200: { description: "The probe", schema: oneShape } },
      handler: async (context) => {
        const view = polls.find(context.params.id);
        const { day, month } = await services.pollUptime(view);
        return Response.json({
          ...shown(view, context),
          uptime_24h: day,
          uptime_30d: month,
          checks: view.checks.map(shownCheck),
        });
      },
    }),
    route({
      method: "post",
      path: "/api/probes",
      policy: "admin",
      summary: "Add a probe or a heartbeat",
      tags,
      body: newProbeShape,
      example: {
        body: { name: "Nightly backup", kind: "heartbeat", settings: { every_s: 86_400 } },
      },
      responses: {
        201: { description: "The probe", schema: addedShape },
        409: { description: "The name or the machine is taken" },
      },
      handler: async (context) =>
        added(context, await polls.add(context.body, auditedBy(audit, context)), 201),
    }),
    route({
      method: "patch",
      path: "/api/probes/:id",
      policy: "admin",
      summary: "Change a probe",
      tags,
      params,
      body: probePatchShape,
      example: { body: { settings: { every_s: 120 } } },
      responses: { ...one, 409: { description: "The name is taken" } },
      handler: async (context) => {
        const { params: { id }, body } = context;
        return Response.json(
          shown(await polls.change(id, body, auditedBy(audit, context)), context),
        );
      },
    }),
    route({
      method: "delete",
      path: "/api/probes/:id",
      policy: "admin",
      summary: "Delete a probe; its machine and readings stay",
      tags,
      params,
      responses: { 204: { description: "Deleted" } },
      handler: async (context) => {
        await polls.remove(context.params.id, auditedBy(audit, context));
        return new Response(null, { status: 204 });
      },
    }),
    enable("pause"),
    enable("resume"),
    route({
      method: "post",
      path: "/api/probes/:id/test",
      policy: "engineer",
      summary: "Ask now; what comes of it counts unless it is paused",
      tags,
      params,
      responses: {
        200: { description: "What came of it", schema: testShape },
        409: { description: "It reports by itself, or cannot be used" },
      },
      handler: async ({ params: { id } }) => {
        const { ok, text, responseMs } = await polls.test(id);
        return Response.json({ ok, text, response_ms: responseMs });
      },
    }),
    route({
      method: "post",
      path: "/api/probes/:id/secret",
      policy: "admin",
      summary: "A new address for a heartbeat; the old one is none any more",
      tags,
      params,
      responses: {
        200: { description: "The heartbeat and its address", schema: addedShape },
        409: { description: "It is asked and has none" },
      },
      handler: async (context) =>
        added(context, await polls.renew(context.params.id, auditedBy(audit, context)), 200),
    }),
    route({
      method: "get",
      path: "/api/probes/:id/allow",
      policy: "admin",
      summary: "The address in the local network that has to be allowed for a probe",
      tags,
      params,
      responses: { 200: { description: "null: none has to be", schema: allowShape } },
      handler: async ({ params: { id } }) => Response.json({ address: await polls.asks(id) }),
    }),
    route({
      method: "post",
      path: "/api/probes/:id/allow",
      policy: "admin",
      summary: "Allow that a probe connects to its address in the local network",
      tags,
      params,
      body: z.strictObject({ address: z.string().max(100).describe("address and port") }),
      example: { body: { address: "192.168.1.20:502" } },
      responses: { ...one, 409: { description: "It is not the address of this probe" } },
      handler: async (context) => {
        const { params: { id }, body: { address } } = context;
        const view = await polls.allow(id, address, auditedBy(audit, context));
        return Response.json(shown(view, context));
      },
    }),
  ];
}
