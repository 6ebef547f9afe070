import { z } from "zod";
import { roleOf, scopeOf } from "../../lib/access/policy.ts";
import { HTTP_STATUS } from "../../lib/base/errors.ts";
import { type Route, route } from "../http/route.ts";
import { SchemaBook } from "./openapi_schemas.ts";
import type { Json } from "./openapi_composing.ts";
import { ENUMERATIONS, PARTS } from "./openapi_names.ts";
import { shareAmongOperations } from "./openapi_sharing.ts";
import { TAGS } from "./openapi_tags.ts";

const PROBLEM = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number(),
  detail: z.string().describe("what was wrong and what is allowed"),
  message: z.string().describe("the same words, for Influx clients"),
  line: z.int().optional().describe("line of the input, from 1, where one is meant"),
  code: z.enum(Object.keys(HTTP_STATUS) as [string, ...string[]]),
  errors: z.array(z.object({ path: z.string(), message: z.string() })),
}).meta({ id: "Problem", description: "RFC 9457" });

const INTRODUCTION =
  "Send `Authorization: Bearer …` with an access token of `/api/users/login` or an API key. " +
  "Each operation names the least role (viewer < engineer < admin) and, after it, the scope that an API key needs " +
  "if it has scopes. What ends in `_ms` is a time in epoch milliseconds UTC, or how long something takes. Unknown fields are refused, except in ingest payloads. " +
  "MQTT 3.1.1 over WebSocket (subprotocol `mqtt`) is at `/mqtt`.";

const LICENSE = { name: "MIT", identifier: "MIT" };

/**
 * The OpenAPI 3.1 document of a route table: paths, parameters, bodies and answers come from the schemas that
 * also validate. A schema with a name (`.meta({ id: "Alarm" })`) is a component, so that generated clients have
 * a type of that name. Routes without a summary (pages, static files) are left out.
 * @throws Error when two different schemas have one name
 */
export function openapiDocument(
  routes: readonly Route[],
  about: { version: string; publicUrl: string | null },
): Json {
  const shown = routes.filter((r) => r.summary !== null);
  const book = new SchemaBook(ENUMERATIONS);
  const bare = bareOf(shown);
  const paths: Record<string, Json> = {};
  for (const r of shown) {
    const path = r.path.replace(/:(\w+)(\{[^}]*\})?/g, "{$1}");
    paths[path] = { ...paths[path], [r.method]: operation(r, book, bare) };
  }
  for (const part of PARTS) book.of(part, "input");
  const problem = book.of(PROBLEM, "output");
  const document = book.resolved({
    openapi: "3.1.0",
    info: {
      title: "Perch",
      version: about.version,
      description: INTRODUCTION,
      license: LICENSE,
    },
    servers: [{ url: about.publicUrl ?? "/" }],
    security: [{ bearer: [] }, { session: [] }],
    tags: [...new Set(shown.flatMap((r) => r.tags ?? []))].map((name) => ({
      name,
      description: TAGS[name],
    })),
    paths,
    components: {
      parameters: { PerchSeen: SEEN },
      responses: Object.fromEntries(
        Object.entries({ Problem: ANY_PROBLEM, Conflict: FASTER }).map(([name, description]) => [
          name,
          { description, content: { "application/problem+json": { schema: problem } } },
        ]),
      ),
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer", description: "Access token or API key" },
        session: { type: "apiKey", in: "cookie", name: "perch", description: "Browser session" },
      },
    },
  });
  shareAmongOperations(document);
  return document;
}

/** The operations of a table, by the names that they have in its document. */
export function operationIds(routes: readonly Route[]): { id: string; route: Route }[] {
  const shown = routes.filter((r) => r.summary !== null);
  const bare = bareOf(shown);
  return shown.map((r) => ({ id: operationId(r, bare), route: r }));
}

/** Paths outside `/api`: an operation below it has its whole path in its name beside one of these. */
function bareOf(shown: readonly Route[]): Set<string> {
  return new Set(shown.map(({ path }) => path).filter((path) => !path.startsWith("/api/")));
}

function operation(r: Route, book: SchemaBook, bare: ReadonlySet<string>): Json {
  const out: Json = {
    operationId: operationId(r, bare),
    summary: r.summary,
    description: whoMay(r),
    tags: r.tags ?? [],
    ...(r.policy === "public" ? { security: [] } : {}),
    responses: { ...answers(r, book), ...errors(r) },
  };
  const parameters = [
    ...parametersOf(r, "path", book),
    ...parametersOf(r, "query", book),
    ...(changes(r) ? [{ $ref: "#/components/parameters/PerchSeen" }] : []),
  ];
  if (parameters.length > 0) out.parameters = parameters;
  const content = bodyContent(r, book);
  if (content) out.requestBody = { ...(r.body ? { required: true } : {}), content };
  return out;
}

/** `GET /api/users/{id}/link` → `get_users_id_link`; `GET /api/metrics` → `get_api_metrics`, beside `/metrics`. */
function operationId(r: Route, bare: ReadonlySet<string>): string {
  const short = r.path.replace(/^\/api(?=\/)/, "");
  const words = (bare.has(short) ? r.path : short).split(/[^A-Za-z0-9]+/).filter(Boolean);
  return [r.method, ...words].join("_");
}

/** Least role, and the scope that a key needs where it has scopes; the introduction explains both. */
function whoMay(r: Route): string {
  const least = roleOf(r.policy);
  if (least === null) return "No sign-in.";
  const scope = `\`${scopeOf(r.policy, r.method)}\``;
  const [kind] = r.policy.split(":");
  if (kind === "person") return `People with role ${least}; no keys.`;
  if (kind === "device-or") return `Device keys for their own machine, or ${least}, ${scope}.`;
  if (kind === "reporter-or") return `Keys with scope ${scope}, or ${least}.`;
  if (kind === "command") return `${least}; keys only with scope ${scope}.`;
  if (kind === "loopback-or") return `This host itself, or ${least}, ${scope}.`;
  return `${least}, ${scope}`;
}

function parametersOf(r: Route, where: "path" | "query", book: SchemaBook): Json[] {
  const schema = where === "path" ? r.params : r.query;
  const example = where === "path" ? r.example?.params : r.example?.query;
  const json = schema ? book.of(schema, "input") : {};
  const properties = { ...(json.properties ?? {}) as Record<string, Json> };
  const required = new Set((json.required ?? []) as string[]);
  if (where === "path") {
    for (const [, name] of r.path.matchAll(/:(\w+)/g)) properties[name] ??= { type: "string" };
  }
  return Object.entries(properties).map(([name, { description, ...property }]) => ({
    name,
    in: where,
    ...(where === "path" || required.has(name) ? { required: true } : {}),
    ...(description === undefined ? {} : { description }),
    schema: property,
    ...(example?.[name] === undefined ? {} : { example: typed(example[name], property) }),
  }));
}

/** Examples are written as they stand in a URL; the document wants them as the schema says. */
function typed(example: string, { type }: Json): unknown {
  if (type === "integer" || type === "number") return Number(example);
  if (type === "boolean") return example === "true";
  return type === "array" ? example.split(",") : example;
}

function bodyContent(r: Route, book: SchemaBook): Json | null {
  if (r.body) {
    const example = r.example?.body;
    return {
      "application/json": {
        schema: book.of(r.body, "input"),
        ...(example === undefined ? {} : { example }),
      },
    };
  }
  if (!r.accepts) return null;
  return Object.fromEntries(
    Object.entries(r.accepts).map(([type, { description, schema, example }]) => [type, {
      schema: { ...(schema ? book.of(schema, "input") : anyOf(type)), description },
      ...(example === undefined ? {} : { example: type === FORM ? fields(example) : example }),
    }]),
  );
}

/** Content type of HTML forms; its examples are objects in the document. */
export const FORM = "application/x-www-form-urlencoded";
const fields = (example: unknown) => Object.fromEntries(new URLSearchParams(String(example)));
const anyOf = (type: string): Json => type === "application/json" ? {} : { type: "string" };

function answers(r: Route, book: SchemaBook): Json {
  const out: Json = {};
  for (const [status, answer] of Object.entries(r.responses ?? { 200: { description: "Done" } })) {
    const { description, schema } = answer;
    const contentType = answer.contentType ?? (schema ? "application/json" : undefined);
    const good = Number(status) < 400;
    out[status] = good
      ? {
        description,
        ...(contentType
          ? { content: { [contentType]: schema ? { schema: book.of(schema, "output") } : {} } }
          : {}),
      }
      // A description beside a reference wins (OpenAPI 3.1).
      : { $ref: "#/components/responses/Problem", description };
  }
  return out;
}

const ANY_PROBLEM =
  "400: not valid, `errors` names each field; 401: no valid sign-in; 403: signed in, " +
  "but not allowed; 404: there is none; 413 and 415: the body is too large or of another type; 429: too many " +
  "requests, see Retry-After. `code` tells them apart";
const FASTER =
  "Somebody changed it in the same moment, or after Perch-Seen: `detail` and `faster` " +
  "say who and when; nothing was written. That is also so for a repeat of one's own";

/** Sent back with a change by those who go by what they read earlier. */
const SEEN: Json = {
  name: "Perch-Seen",
  in: "header",
  description: "The number that came as `Perch-Seen` with what you read: the change is refused " +
    "when somebody changed the thing since. Without it, only when somebody did in the same moment",
  schema: { type: "integer", minimum: 0 },
};

/** True for what people change: one thing, named in the path. What only adds overwrites nothing. */
function changes(r: Route): boolean {
  const adds = r.method === "post" && !r.path.includes("/:");
  return r.method !== "get" && !adds && !/^(device|reporter)-or:/.test(r.policy) &&
    r.policy !== "public";
}

/** Errors that follow from what the route is; the route's own descriptions stand beside them. */
function errors(r: Route): Json {
  const own = r.responses?.[409] !== undefined;
  return {
    "4XX": { $ref: "#/components/responses/Problem" },
    ...(changes(r) && !own ? { 409: { $ref: "#/components/responses/Conflict" } } : {}),
  };
}

/** `GET /openapi.json`. `routes` is asked when the document is first wanted: it describes itself too. */
export function openapiRoutes(
  deps: { routes: () => readonly Route[]; version: string; publicUrl: string | null },
): Route[] {
  let document: string | null = null;
  return [
    route({
      method: "get",
      path: "/openapi.json",
      policy: "public",
      summary: "This document",
      tags: ["About"],
      responses: { 200: { description: "OpenAPI 3.1", contentType: "application/json" } },
      handler: () => {
        document ??= JSON.stringify(openapiDocument(deps.routes(), deps));
        return new Response(document, {
          headers: { "content-type": "application/json", "cache-control": "no-cache" },
        });
      },
    }),
  ];
}
