import { z } from "zod";
import { hashOf } from "../../lib/scripts/folder.ts";
import { LIMITS } from "../../lib/scripts/limits.ts";
import {
  sampleOf,
  sampleShape,
  scriptShape,
  triedOf,
  triedShape,
  versionOf,
  versionShape,
} from "../../lib/scripts/shapes.ts";
import { cursorField, limitField, listOf } from "../http/params.ts";
import { type Route, route } from "../http/route.ts";
import { refOf, refParams, type ScriptServices, scriptWork } from "./request.ts";

const tags = ["Scripts"];
const policy = "admin";
const ONE = "/api/scripts/:kind/:name";
const source = z.string().max(LIMITS.sourceBytes);
const expected_hash = z.string().length(64);
const withText = scriptShape.extend({ source: z.string() }).meta({ id: "ScriptWithText" });
const versionText = versionShape.extend({ source: z.string() }).meta({ id: "ScriptVersionText" });
/** A codec that works, for the document. */
export const EXAMPLE = {
  params: { kind: "codec", name: "example" },
  source: "export const topics = ['a/+']; export const decode = () => [];",
} as const;
const { params } = EXAMPLE;
const conflict = { description: "It is another text meanwhile" };

/** `/api/scripts`: codecs and detectors that people wrote. For admins: a script decides what is stored. */
export function scriptApi(services: ScriptServices): Route[] {
  const { scripts } = services;
  const work = scriptWork(services);
  return [
    route({
      method: "get",
      path: "/api/scripts",
      policy,
      summary: "Codecs and detectors in the data directory, and how they are doing",
      tags,
      responses: { 200: { description: "Scripts", schema: listOf(scriptShape) } },
      handler: async () => Response.json({ items: await work.list(), next: null }),
    }),
    route({
      method: "get",
      path: ONE,
      policy,
      summary: "A script with its text",
      tags,
      params: refParams,
      example: { params },
      responses: { 200: { description: "The script", schema: withText } },
      handler: async ({ params }) => {
        const script = await work.one(refOf(params));
        const read = await scripts.read(refOf(params));
        return Response.json({ ...script, source: read.source });
      },
    }),
    route({
      method: "put",
      path: ONE,
      policy,
      summary: "Write a script; it runs from then on, unless it is switched off",
      tags,
      params: refParams,
      body: z.strictObject({
        source,
        expected_hash: expected_hash.nullable().describe("of the text to replace; null: it is new"),
      }),
      example: {
        params: { kind: "codec", name: "another" },
        body: {
          source: EXAMPLE.source,
          expected_hash: null,
        },
      },
      responses: { 200: { description: "Written", schema: scriptShape }, 409: conflict },
      handler: async (context) => {
        const { params, body } = context;
        await work.save(context, refOf(params), {
          ...{ source: body.source, expectedHash: body.expected_hash, reason: "edited" },
        });
        return Response.json(await work.one(refOf(params)));
      },
    }),
    route({
      method: "delete",
      path: ONE,
      policy,
      summary: "Delete a script; its versions stay",
      tags,
      params: refParams,
      query: z.object({ expected_hash: expected_hash.optional() }),
      example: { params },
      responses: { 204: { description: "Deleted" }, 409: conflict },
      handler: async (context) => {
        const { params, query } = context;
        const { hash } = await work.one(refOf(params));
        await work.remove(context, refOf(params), query.expected_hash ?? hash);
        return new Response(null, { status: 204 });
      },
    }),
    route({
      method: "post",
      path: `${ONE}/switch`,
      policy,
      summary: "Switch a script on or off; one that was restored is approved by its hash",
      tags,
      params: refParams,
      body: z.strictObject({ state: z.enum(["on", "off"]), expected_hash }),
      example: {
        params,
        body: { state: "off", expected_hash: hashOf(EXAMPLE.source) },
      },
      responses: { 200: { description: "Done", schema: scriptShape }, 409: conflict },
      handler: async (context) => {
        const { params, body: { state, expected_hash } } = context;
        await work.switch(context, refOf(params), { state, expectedHash: expected_hash });
        return Response.json(await work.one(refOf(params)));
      },
    }),
    ...historyApi(services),
    route({
      method: "post",
      path: `${ONE}/try`,
      policy,
      summary: "What a text makes of an input; nothing is stored",
      tags,
      params: refParams,
      body: z.strictObject({
        source: source.optional().describe("default: what is on disk"),
        topic: z.string().max(2_000).optional().describe("of a detector: the sensor"),
        payload: z.string().max(LIMITS.sourceBytes).optional()
          .describe("of a detector: values; of a fault detector: facts as JSON"),
        sample: z.string().max(40).optional().describe("id of a kept message"),
      }),
      example: {
        params,
        body: {
          source: EXAMPLE.source,
          topic: "a/b",
          payload: "{}",
        },
      },
      responses: { 200: { description: "Answer or fault", schema: triedShape } },
      handler: async ({ params, body }) =>
        Response.json(triedOf(await work.try(refOf(params), body))),
    }),
  ];
}

function historyApi({ scripts }: ScriptServices): Route[] {
  return [
    route({
      method: "get",
      path: `${ONE}/versions`,
      policy,
      summary: "Every text that a script had, newest first",
      tags,
      params: refParams,
      query: z.object({ limit: limitField(100, 50), cursor: cursorField() }),
      example: { params },
      responses: { 200: { description: "Versions", schema: listOf(versionShape) } },
      handler: async ({ params, query }) => {
        const { items, next } = await scripts.versions(refOf(params), query);
        return Response.json({ items: items.map(versionOf), next });
      },
    }),
    route({
      method: "get",
      path: `${ONE}/versions/:id`,
      policy,
      summary: "A version with its text",
      tags,
      params: refParams.extend({ id: z.coerce.number().int().min(1) }),
      example: { params },
      responses: { 200: { description: "The version", schema: versionText } },
      handler: async ({ params }) => {
        const row = await scripts.version(refOf(params), params.id);
        return Response.json({ ...versionOf(row), source: row.source });
      },
    }),
    route({
      method: "get",
      path: `${ONE}/samples`,
      policy,
      summary: "The latest messages that came for a codec",
      tags,
      params: refParams,
      example: { params },
      responses: { 200: { description: "Messages", schema: listOf(sampleShape) } },
      handler: async ({ params }) =>
        Response.json({ items: (await scripts.samples(refOf(params))).map(sampleOf), next: null }),
    }),
  ];
}
