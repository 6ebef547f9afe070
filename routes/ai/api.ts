import { z } from "zod";
import { analysisJson, analysisShape, OVERALL } from "../../lib/ai/analysis.ts";
import { answerShape, QUESTION_CHARS_MOST } from "../../lib/ai/chat.ts";
import { analystShape } from "../../lib/ai/state.ts";
import { cursorField, limitField, listOf } from "../http/params.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";
import {
  analyseNow,
  type AnalysisServices,
  analystNow,
  answerNow,
  mailNow,
  type Paces,
  switchMonitoring,
} from "./request.ts";

const tags = ["Analyses"];
const SLOW_MS = 180_000;
const message = z.string().trim().min(1).max(QUESTION_CHARS_MOST);

/** `/api/ai/…`, and the names that the calls have elsewhere. */
export function analysisRoutes(services: AnalysisServices, paces: Paces): Route[] {
  return [
    ...listRoutes(services),
    ...both("/api/ai/analyze", "/api/analyze", (path, also) =>
      route({
        method: "post",
        path,
        policy: "engineer",
        summary: `Analyse the plant now${also}`,
        tags,
        bodyTimeoutMs: SLOW_MS,
        responses: { 200: { description: "The analysis", schema: analysisShape } },
        handler: async (context) => {
          const analysis = await analyseNow(services, paces, context);
          return Response.json(analysisJson(analysis, seesSent(context)));
        },
      })),
    ...both("/api/ai/chat", "/api/chat", (path, also) =>
      route({
        method: "post",
        path,
        policy: "viewer",
        summary: `Ask about the plant${also}`,
        tags,
        body: z.strictObject({ message }),
        example: { body: { message: "What is wrong?" } },
        bodyTimeoutMs: SLOW_MS,
        responses: { 200: { description: "The answer and its numbers", schema: answerShape } },
        handler: async (context) =>
          Response.json(await answerNow(services, paces, context, context.body.message)),
      })),
    ...([
      ["/api/ai/monitoring/start", "/api/start-monitoring", true],
      ["/api/ai/monitoring/stop", "/api/stop-monitoring", false],
    ] as const).flatMap(([path, alias, on]) =>
      both(path, alias, (path, also) =>
        route({
          method: "post",
          path,
          policy: "engineer",
          summary: `${
            on ? "Analyse whenever something changes" : "Analyse only when asked"
          }${also}`,
          tags,
          responses: { 200: { description: "How it stands", schema: analystShape } },
          handler: async (context) => {
            await switchMonitoring(services, context, on);
            return Response.json(await analystNow(services));
          },
        }))
    ),
    ...both("/api/ai/email", "/api/send-analysis-email", (path, also) =>
      route({
        method: "post",
        path,
        policy: "engineer",
        summary: `Mail the latest analysis to the email channels${also}`,
        tags,
        responses: {
          202: {
            description: "On its way",
            schema: z.object({ analysis: z.number(), channels: z.array(z.string()) }),
          },
          409: { description: "No email channel is on" },
        },
        handler: async (context) => {
          const { analysis, channels } = await mailNow(services, paces, context);
          return Response.json({ analysis: analysis.id, channels }, { status: 202 });
        },
      })),
  ];
}

function listRoutes(services: AnalysisServices): Route[] {
  const { analyses } = services.analyst;
  return [
    route({
      method: "get",
      path: "/api/ai/analyses",
      policy: "viewer",
      summary: "Analyses of the plant, newest first",
      tags,
      query: z.object({
        overall: z.enum(OVERALL).optional(),
        limit: limitField(200, 50),
        cursor: cursorField(20),
      }),
      responses: { 200: { description: "Analyses", schema: listOf(analysisShape) } },
      handler: async ({ query }) => {
        const { items, next } = await analyses.list(query);
        return Response.json({ items: items.map((one) => analysisJson(one, false)), next });
      },
    }),
    route({
      method: "get",
      path: "/api/ai/analyses/:id",
      policy: "viewer",
      summary: "One analysis; for admins with what was sent to the model",
      tags,
      params: z.object({ id: z.string().regex(/^\d{1,15}$/) }),
      responses: {
        200: { description: "The analysis", schema: analysisShape },
        404: { description: "There is none" },
      },
      handler: async (context) => {
        const analysis = await analyses.find(Number(context.params.id));
        return Response.json(analysisJson(analysis, seesSent(context)));
      },
    }),
  ];
}

const seesSent = ({ who }: RouteContext) => who!.role === "admin";

/** A route under its own path and under another that does the same. */
function both(
  path: string,
  alias: string,
  routeAt: (path: string, also: string) => Route,
): Route[] {
  return [routeAt(path, ""), routeAt(alias, `: the same as \`${path}\``)];
}
