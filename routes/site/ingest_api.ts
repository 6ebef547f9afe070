import { createHash } from "node:crypto";
import { z } from "zod";
import type { Identity } from "../../lib/access/identity.ts";
import { PerchError } from "../../lib/base/errors.ts";
import type { BatchOutcome, Intake } from "../../lib/intake/intake.ts";
import { addReject, type Decoded, REJECTS_LISTED } from "../../lib/readings/reading.ts";
import type { Body, ParsedBody } from "../../lib/sources/http_bodies.ts";
import { keptOf } from "../../lib/intake/refusals.ts";
import { limitBody } from "../http/body.ts";
import { idempotencyKeyOf } from "../http/idempotency_key.ts";
import { unpack } from "../http/unpack.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";

export interface IngestServices {
  intake: Pick<Intake, "careful" | "offerBatch">;
  /** Each throws PerchError when the body as a whole is unusable. */
  parse: {
    /** One JSON object. */
    one(body: string): ParsedBody;
    /** JSON array, `{"readings":[…]}` or NDJSON. */
    batch(body: string): ParsedBody;
    /** Influx line protocol. */
    lines(body: Body, precision: Precision): ParsedBody;
  };
}

/** What became of a request of so many items. */
type Taken = BatchOutcome & { items: number };

const Precision = z.enum(["ns", "us", "ms", "s"]);
export type Precision = z.output<typeof Precision>;

/**
 * A body is read in one go on the main thread: 2 MiB are about 20 000 readings and some 50 ms. What a
 * compressed body unpacks to counts.
 */
const BODY_BYTES = 2 * 1024 * 1024;

const ingestedShape = z.object({
  accepted: z.int(),
  duplicate: z.int(),
  rejected: z.array(z.object({ index: z.int(), code: z.string(), message: z.string() }))
    .describe(`the first ${REJECTS_LISTED} that were refused, in order`),
  rejected_more: z.int().optional().describe("how many more were refused; left out when none"),
}).meta({ id: "Ingested" });

function shaped({ accepted, duplicate, rejected, more }: Taken): z.output<typeof ingestedShape> {
  const answer = {
    accepted,
    duplicate,
    rejected: rejected.map(({ index = 0, code, message }) => ({ index, code, message })),
  };
  return more === undefined ? answer : { ...answer, rejected_more: more };
}

const readingBody = z.looseObject({
  machine: z.string().optional().describe("<area…>/<machine>; or `tag`"),
  sensor: z.string().optional(),
  tag: z.string().optional().describe("a sensor of the machine `default`, or `machine/sensor`"),
  value: z.union([z.number(), z.boolean(), z.string()]),
  ts: z.union([z.number(), z.string()]).optional().describe("s, ms or ISO 8601; or `timestamp`"),
  unit: z.string().optional(),
  seq: z.number().optional(),
}).meta({ id: "IngestReading" });

/** HTTP ingest. Every 2xx is sent after the readings are committed. */
export function ingestRoutes(services: IngestServices): Route[] {
  const { intake, parse } = services;
  const tags = ["Ingest"];
  // The limit is checked here and not by the mount, so that what is refused is also counted.
  const common = {
    policy: "device-or:engineer",
    tags,
    maxBodyBytes: Number.MAX_SAFE_INTEGER,
  } as const;

  async function take(
    { c, who }: RouteContext,
    parse: (body: Body) => ParsedBody,
    topic: string = c.req.path,
  ): Promise<Taken> {
    const at = { source: "http", topic };
    const refused = async (error: unknown, text: string) => {
      if (!(error instanceof PerchError)) throw error;
      const code = error.code === "payload_too_large" ? "too_large" : "bad_payload";
      const rejects = [{ code, message: error.message } as const];
      const original = () => keptOf(new TextEncoder().encode(text));
      await intake.offerBatch({ ...at, drafts: [], rejects, original });
      throw error;
    };
    const idempotencyKey = idempotencyKeyOf(c);
    let body: HeldBody;
    try {
      body = heldBody(await bodyBytes(limitBody(c.req.raw, BODY_BYTES)));
    } catch (error) {
      return await refused(error, "");
    }
    return await intake.careful({ ...at, payload: body.bytes }, async () => {
      let parsed: ParsedBody;
      try {
        parsed = parse(body);
      } catch (error) {
        return await refused(error, body.text);
      }
      const { items, original } = parsed;
      const offered = intake.offerBatch({
        ...at,
        ...ownMachineOnly(parsed, who),
        original,
        idempotency: idempotencyKey === undefined ? undefined : {
          key: idempotencyKey,
          scope: `${who?.kind ?? "none"}:${who?.id ?? ""}`,
          requestHash: createHash("sha256").update(`${c.req.url}\n`).update(body.bytes).digest(
            "hex",
          ),
        },
      });
      // With a key, the items may be asked for later.
      if (idempotencyKey === undefined) body.letGo();
      return { ...await offered, items };
    }).finally(() => body.letGo());
  }

  return [
    route({
      ...common,
      method: "post",
      path: "/api/ingest",
      summary: "Store one reading",
      accepts: {
        "application/json": {
          schema: readingBody,
          example: { machine: "hall-1/press-3", sensor: "temperature", value: 61.5, unit: "°C" },
        },
      },
      responses: { 200: { description: "Stored (or stored before)", schema: ingestedShape } },
      handler: async (context) => {
        const answer = await take(context, (body) => parse.one(body.text));
        if (answer.rejected.length > 0) throw refusedItem(answer.rejected[0]);
        return context.c.json(shaped(answer));
      },
    }),
    route({
      ...common,
      method: "post",
      path: "/api/ingest/batch",
      summary: "Store many readings; bad items are answered by index, good ones are stored",
      accepts: {
        "application/json": {
          schema: z.union([
            z.array(readingBody),
            z.looseObject({ readings: z.array(readingBody) }),
          ]),
          example: [
            { machine: "hall-1/press-3", sensor: "temperature", value: 61.5, ts: 1767225600000 },
            { tag: "hall-1/press-3/rpm", value: 420, timestamp: "2026-01-01T00:00:00Z" },
          ],
        },
        "application/x-ndjson": {
          description: "one reading per line",
          example: '{"machine":"hall-1/press-3","sensor":"temperature","value":61.5}\n',
        },
      },
      responses: { 200: { description: "What became of the items", schema: ingestedShape } },
      handler: async (context) =>
        context.c.json(shaped(await take(context, (body) => parse.batch(body.text)))),
    }),
    route({
      ...common,
      method: "post",
      path: "/api/v2/write",
      summary: "Store Influx line protocol (Telegraf's influxdb_v2 output works unchanged)",
      accepts: {
        "text/plain": {
          description: "Influx line protocol",
          example: "hall-1/press-3 temperature=61.5,rpm=420i 1767225600000000000",
        },
      },
      query: z.object({
        precision: Precision.default("ns"),
        // Telegraf and other clients send these; Perch has one place for readings.
        bucket: z.string().optional(),
        org: z.string().optional(),
        orgID: z.string().optional(),
      }),
      responses: { 204: { description: "Stored" } },
      handler: async (context) => {
        const { precision } = context.query;
        // The precision is part of what a dead letter needs to be read again.
        const answer = await take(
          context,
          (body) => parse.lines(body, precision),
          `${context.c.req.path}?precision=${precision}`,
        );
        // A field without a value is no fault of its line.
        if (answer.rejected.some(({ code }) => code !== "no_value")) throw partialWrite(answer);
        return context.c.body(null, 204);
      },
    }),
  ];
}

/** A device key may write below its own machine only. */
function ownMachineOnly(
  { drafts, columns, rejects, more, beyond }: ParsedBody,
  who: Identity | null,
): Decoded & Pick<ParsedBody, "columns"> {
  const machine = who?.machine ?? null;
  if (machine === null) return { drafts, columns, rejects, more, beyond };
  const own: Decoded = { drafts: [], rejects, more, beyond };
  for (const draft of columns?.drafts() ?? drafts) {
    if (draft.sensor.startsWith(`${machine}/`)) own.drafts.push(draft);
    else {
      addReject(own, {
        code: "forbidden_topic",
        message: `this device key may write below ${machine}, not ${draft.sensor}`,
        index: draft.index,
      });
    }
  }
  return own;
}

/** The bytes of a body until they are given back. */
type HeldBody = Body & { letGo(): void };

/** @throws PerchError when the bytes are no UTF-8 */
function heldBody(bytes: Uint8Array<ArrayBuffer>): HeldBody {
  const ascii = isAscii(bytes);
  let text = ascii ? undefined : decoded(bytes);
  return {
    bytes,
    ascii,
    get text() {
      return text ??= decoded(bytes);
    },
    // At once: buffers of megabytes would wait for a collection that is in no hurry.
    letGo: () => void (bytes.buffer.detached || bytes.buffer.transfer(0)),
  };
}

/** Whether every byte is a character of ASCII. */
function isAscii(bytes: Uint8Array): boolean {
  const words = new Uint32Array(bytes.buffer, 0, bytes.byteOffset === 0 ? bytes.length >> 2 : 0);
  let all = 0;
  for (let i = 0; i < words.length; i++) all |= words[i];
  if ((all & 0x80808080) !== 0) return false;
  for (let i = 4 * words.length; i < bytes.length; i++) if (bytes[i] > 0x7f) return false;
  return true;
}

function decoded(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new PerchError("bad_request", "the body is not valid UTF-8");
  }
}

/** The body, unpacked when it is gzip. */
async function bodyBytes(request: Request): Promise<Uint8Array<ArrayBuffer>> {
  const encoding = request.headers.get("content-encoding")?.trim().toLowerCase() ?? "identity";
  if (encoding !== "identity" && encoding !== "gzip") {
    throw new PerchError(
      "unsupported_media_type",
      `content encoding "${encoding}" is not accepted: send gzip or none`,
    );
  }
  return encoding === "gzip"
    ? await unpack(request, BODY_BYTES)
    : new Uint8Array(await request.arrayBuffer());
}

function refusedItem(reject: { code: string; message: string }): PerchError {
  return new PerchError("validation", reject.message, {
    errors: [{ path: "body", message: `${reject.code}: ${reject.message}` }],
  });
}

/** Some lines hold something that was refused: how many lines, and what was wrong with the first ones. */
function partialWrite({ items, accepted, duplicate, rejected, more = 0, refusedItems = 0 }: Taken) {
  const [first] = rejected;
  const whole = items - refusedItems;
  const inPart = whole === 0 && accepted + duplicate > 0 ? " in part" : "";
  const counts = `${whole} lines stored, ${refusedItems} refused${inPart}`;
  const left = rejected.length + more;
  const why = `line ${lineOf(first)}: ${first.message}${left > 1 ? `; ${left - 1} more` : ""}`;
  return new PerchError(
    "validation",
    `partial write: ${counts} (${why})`,
    {
      line: lineOf(first),
      errors: rejected.map((reject) => ({
        path: `line ${lineOf(reject)}`,
        message: `${reject.code}: ${reject.message}`,
      })),
    },
  );
}

function lineOf({ index = 0 }: { index?: number }): number {
  return index + 1;
}
