/**
 * What is read from disk and network never becomes much more than it was: for every input of n bytes, what is
 * made of it is at most c·n plus a constant. Measured by counting what is produced: a character is one, a number
 * eight, an object or list thirty-two. `GROWTH_RUNS` sets how many inputs of each kind (300; the soak 10 000).
 * `SABOTAGE=growth`: each reason quotes what it refuses, as it once did; the properties must fail.
 */
import "../../lib/base/denied_env.ts";
import assert from "node:assert/strict";
import { gunzipSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { PerchError } from "../../lib/base/errors.ts";
import { wholeLines } from "../../lib/cli/dead_letters.ts";
import { listPage } from "../../lib/db/list.ts";
import { createOrm } from "../../lib/db/orm.ts";
import { comments } from "../../lib/db/schema/tickets.ts";
import { StateReader } from "../../lib/detect/bytes.ts";
import { type DeadLetter, openDeadLetters, payloadOf } from "../../lib/intake/dead_letter.ts";
import { keptOf, recordOf, refusalsOf } from "../../lib/intake/refusals.ts";
import { createReplay, parseLetter } from "../../lib/intake/replay.ts";
import { rowsOfJson } from "../../lib/machines/exchange.ts";
import { decodeChunk, MOST_READINGS } from "../../lib/readings/chunk.ts";
import { decodeGroups } from "../../lib/readings/journal.ts";
import type { Decoded } from "../../lib/readings/reading.ts";
import { createDecode, LineNames } from "../../lib/sources/dialects/mod.ts";
import { createPlaceOf } from "../../lib/sources/dialects/topic.ts";
import { Framer } from "../../lib/sources/framing/framer.ts";
import { emptyPublish, readPublish } from "../../lib/sources/framing/publish.ts";
import { TopicNames } from "../../lib/sources/framing/topics.ts";
import { decodeHttp, parseBatch, parseLinesBody, parseOne } from "../../lib/sources/http_bodies.ts";
import { unpack } from "../../routes/http/unpack.ts";
import { sabotaged } from "../support/sabotage.ts";

const numRuns = Number(Deno.env.get("GROWTH_RUNS") ?? 300);
const OBJECT = 32;
const BODY_BYTES = 2 * 1024 * 1024;

/** How much something is. */
function weigh(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (value instanceof Uint8Array) return value.length;
  if (value instanceof Map) return weigh([...value]);
  if (typeof value !== "object" || value === null) return 8;
  let sum = OBJECT;
  for (const [key, part] of Object.entries(value)) {
    sum += weigh(part) + (Array.isArray(value) ? 0 : key.length);
  }
  return sum;
}

/** What a decoder made, without the functions that go with it; with the sabotage, as it once was. */
function made(
  { drafts, rejects, more = 0, beyond = [] }: Decoded,
  input: { length: number },
): number {
  const once = sabotaged("growth") ? (rejects.length + more) * input.length : 0;
  return weigh({ drafts, rejects, beyond }) + once;
}

/** The result, or null when the input was refused by an exception that the decoder may throw. */
function orRefused<T>(run: () => T): T | null {
  try {
    return run();
  } catch (error) {
    assert.ok(!(error instanceof RangeError), "the stack or memory ran out");
    assert.ok((error as Error).message.length < 2_000);
    return null;
  }
}

/** Texts of pieces, repeated so that what multiplies shows. */
function repeated(...pieces: string[]): fc.Arbitrary<string> {
  const some = fc.array(fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 12 })), {
    maxLength: 12,
  }).map((parts) => parts.join(""));
  return fc.tuple(some, some, fc.integer({ min: 1, max: 3_000 }), some)
    .map(([head, body, times, tail]) => head + body.repeat(times) + tail);
}

const brackets = fc.tuple(
  fc.constantFrom("[", '{"a":', '[{"b":'),
  fc.integer({ min: 1, max: 30_000 }),
)
  .map(([open, times]) => open.repeat(times));
const json = fc.oneof(
  repeated("[", "]", "{", "}", ",", ":", '"a"', "0", "null", "1e999", '{"value":1}', '"x'),
  repeated('"k":{', '"v":1,', '"ts":0', "}").map((text) => `{${text}}`),
  fc.tuple(
    fc.constantFrom("0", "{}", "[]", '"on"', "1", '{"value":"x"}', '{"a":[1,2]}'),
    fc.nat(20_000),
  )
    .map(([item, n]) => `[${`${item},`.repeat(n)}0]`),
  fc.array(fc.jsonValue({ maxDepth: 5 }), { maxLength: 30 }).map((value) => JSON.stringify(value)),
  brackets,
);
const lines = fc.oneof(
  repeated("m", ",", "=", " ", "\\", '"', "\n", "1", "i", "a=1,", 'm s="x\n', "m v=\n", "# c\n"),
  fc.tuple(fc.integer({ min: 1, max: 1_300 }), fc.nat(3_000)).map(([long, n]) =>
    `m,machine=${"xy/".repeat(Math.min(11, long))}z${"n".repeat(Math.min(100, long))} ` +
    Array.from({ length: n }, (_, i) => `f${i}=1`).join(",")
  ),
);
const topic = fc.string({ unit: "grapheme", maxLength: 100 }).map((text) => `factory/a/${text}`);

Deno.test(`dialects: what a message becomes is at most 200 times as much (${numRuns})`, () => {
  const decode = createDecode();
  // A value of two characters may get a name of the topic and a key of 128.
  fc.assert(
    fc.property(topic, fc.oneof(json, lines), (topic, text) => {
      const payload = new TextEncoder().encode(text);
      const n = payload.length + topic.length;
      assert.ok(made(decode(topic, payload), payload) <= 200 * n + 2_000);
    }),
    { numRuns },
  );
  fc.assert(
    fc.property(topic, fc.uint8Array({ maxLength: 3_000 }), (topic, payload) => {
      assert.ok(
        made(decode(topic, payload), payload) <= 200 * (payload.length + topic.length) + 2_000,
      );
    }),
    { numRuns },
  );
});

Deno.test(`HTTP bodies: what a request becomes is at most 100 times as much (${numRuns})`, () => {
  fc.assert(
    fc.property(fc.oneof(json, json.map((text) => text.replaceAll(",", "\n"))), (text) => {
      for (const parse of [parseOne, parseBatch]) {
        const parsed = orRefused(() => parse(text));
        if (parsed === null) continue;
        assert.ok(made(parsed, text) <= 100 * text.length + 2_000);
        const kept = parsed.original(parsed.rejects.map(({ index }) => index ?? 0));
        assert.ok(kept.payload.length <= 3 * text.length + 100);
      }
    }),
    { numRuns },
  );
});

Deno.test(`line protocol: what a request becomes is at most 400 times as much (${numRuns})`, () => {
  const names = new LineNames();
  // A field of four characters may get a name of twelve levels.
  fc.assert(
    fc.property(lines, (text) => {
      const parsed = orRefused(() => parseLinesBody(text, "s", names));
      if (parsed !== null) assert.ok(made(parsed, text) <= 400 * text.length + 2_000);
    }),
    { numRuns },
  );
});

Deno.test(`gzip bodies are unpacked to their bound and no further (${numRuns})`, async () => {
  for (const megabytes of [0.1, 1.9, 2.1, 64]) {
    const packed = gzipSync(new Uint8Array(megabytes * 1024 * 1024));
    const request = new Request("http://perch/", { method: "POST", body: Uint8Array.from(packed) });
    const whole = await unpack(request, BODY_BYTES).catch((error) => error);
    if (megabytes < 2) assert.equal(whole.length, gunzipSync(packed).length);
    else assert.equal(whole.code, "payload_too_large");
  }
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 500 }), async (bytes) => {
      const request = new Request("http://perch/", { method: "POST", body: bytes.slice() });
      const whole = await unpack(request, BODY_BYTES).catch((error) => error);
      assert.ok(whole instanceof Uint8Array || whole.code === "bad_request", String(whole));
    }),
    { numRuns: Math.min(numRuns, 1_000) },
  );
});

Deno.test(`topics: a place is no longer than its topic, a reason is short (${numRuns})`, () => {
  const placeOf = createPlaceOf(["#"]);
  const any = fc.oneof(
    topic,
    repeated("/", "a", "+", "#", "$", "\u0000", "factory/"),
    fc.string({ unit: "binary", maxLength: 2_000 }),
  );
  fc.assert(
    fc.property(any, (topic) => {
      const place = placeOf(topic);
      if ("path" in place) assert.ok(place.path.length <= topic.length);
      else assert.ok(place.message.length < 500);
    }),
    { numRuns },
  );
});

Deno.test(`MQTT framing holds at most what came, and hands on no more (${numRuns})`, () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 400 }),
    // Headers that promise much.
    fc.tuple(fc.constantFrom(0x30, 0x32, 0x10, 0x82), fc.uint8Array({ maxLength: 300 }))
      .map(([type, rest]) => Uint8Array.from([type, 0xff, 0xff, 0xff, 0x7f, ...rest])),
  );
  fc.assert(
    fc.property(fc.array(bytes, { maxLength: 20 }), (chunks) => {
      let came = 0;
      let handed = 0;
      const topics = new TopicNames();
      const framer = new Framer(64 * 1024, (packet, at, bodyAt, end, cut) => {
        handed += end - at;
        orRefused(() => {
          const publish = emptyPublish();
          readPublish(publish, packet, at, bodyAt, end, 5, topics, cut ? 10 : 0);
          assert.ok(publish.topic.length + publish.payload.length <= end - at + 10);
        });
        return true;
      });
      orRefused(() => {
        for (const chunk of chunks) {
          came += chunk.length;
          framer.feed(chunk.slice());
          assert.ok(framer.heldBytes <= 2 * came + 2_048, `${framer.heldBytes} of ${came}`);
        }
      });
      assert.ok(handed <= came);
    }),
    { numRuns },
  );
});

Deno.test(`dead letters: a line is at most twice its message, and reads back (${numRuns})`, async () => {
  const dataDir = await Deno.makeTempDir();
  const file = openDeadLetters(dataDir, (error) => assert.fail(String(error)));
  const payload = fc.oneof(
    fc.uint8Array({ maxLength: 2_000 }),
    json.map((text) => new TextEncoder().encode(text)),
    fc.tuple(fc.nat(255), fc.nat(90_000)).map(([byte, n]) => new Uint8Array(n).fill(byte)),
  );
  const decode = createDecode();
  let size = 0;
  try {
    await fc.assert(
      fc.asyncProperty(topic, payload, async (topic, payload) => {
        const decoded = decode(topic, payload);
        if (decoded.rejects.length === 0) return;
        const refusals = refusalsOf(decoded);
        await file.append([recordOf({ tsMs: 0, source: "x", topic }, refusals, keptOf(payload))]);
        const text = await Deno.readFile(`${dataDir}/rejected.jsonl`);
        const line = text.subarray(text.length < size ? 0 : size);
        size = text.length;
        assert.ok(line.length <= 2 * payload.length + 3 * topic.length + 4_000, `${line.length}`);
        const letter = parseLetter(new TextDecoder().decode(line));
        const back = payloadOf(letter);
        assert.deepEqual(back, payload.subarray(0, back.length));
        assert.equal(letter.cutFromBytes === undefined, back.length === payload.length);
      }),
      { numRuns: Math.min(numRuns, 500) },
    );
  } finally {
    await file.close();
    await Deno.remove(dataDir, { recursive: true });
  }
});

Deno.test(`replay: a line of any content becomes a letter no larger, or is refused (${numRuns})`, async () => {
  const decode = createDecode();
  const replay = createReplay({
    decode,
    decodeHttp,
    intake: {
      offerBatch: (batch) => {
        const rejected = [...batch.rejects];
        return Promise.resolve({ accepted: batch.drafts.length, duplicate: 0, rejected });
      },
    },
  });
  const letter = fc.record({
    ts: fc.oneof(fc.constant("2026-01-01T00:00:00Z"), fc.string()),
    source: fc.string(),
    topic: fc.oneof(
      topic,
      fc.constantFrom("/api/ingest", "/api/ingest/batch", "/api/v2/write?precision=s"),
      fc.string(),
    ),
    payload: fc.oneof(json, lines),
  });
  const line = fc.oneof(letter.map((one) => JSON.stringify(one)), json, fc.string());
  await fc.assert(
    fc.asyncProperty(line, async (line) => {
      const parsed = orRefused<DeadLetter>(() => parseLetter(line));
      if (parsed === null) return;
      const bytes = orRefused(() => payloadOf(parsed));
      if (bytes !== null) assert.ok(bytes.length <= 3 * line.length);
      const outcome = await replay(parsed).catch((error) =>
        orRefused(() => {
          throw error;
        })
      );
      assert.ok(JSON.stringify(outcome).length < 3_000);
    }),
    { numRuns },
  );
});

Deno.test("lines of the dead-letter file: one without an end takes bounded memory", async () => {
  const text = "x".repeat(1024 * 1024);
  const chunks = [...Array.from({ length: 40 }, () => text), "\n{}\n\n", "rest"];
  const out: string[] = [];
  for await (const line of ReadableStream.from(chunks).pipeThrough(wholeLines())) out.push(line);
  assert.deepEqual(out.map((line) => line.length), [2 * 1024 * 1024, 2]);
});

Deno.test(`registry imports: rows are at most 200 times their document (${numRuns})`, () => {
  fc.assert(
    fc.property(fc.oneof(json, fc.json()), (text) => {
      const document = orRefused(() => JSON.parse(text));
      if (document === null) return;
      for (const shape of [document, { machines: document }, { sensors: [document, document] }]) {
        const rows = orRefused(() => rowsOfJson(shape));
        if (rows !== null) assert.ok(weigh(rows) <= 200 * text.length + 500);
      }
    }),
    { numRuns },
  );
});

Deno.test(`stored readings: damaged bytes become no more than their bound, or are refused (${numRuns})`, () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 400 }),
    fc.tuple(fc.constantFrom(1, 2), fc.uint8Array({ maxLength: 400 }))
      .map(([version, rest]) => Uint8Array.from([version, ...rest])),
    fc.tuple(fc.nat(300), fc.constantFrom(1, 2), fc.uint8Array({ maxLength: 300 }))
      .map(([n, version, rest]) => Uint8Array.from([n & 255, n >> 8, 0, 0, version, ...rest])),
  );
  fc.assert(
    fc.property(bytes, (bytes) => {
      const slice = orRefused(() => decodeChunk(bytes));
      if (slice !== null) assert.ok(slice.n <= MOST_READINGS);
      let readings = 0;
      orRefused(() => decodeGroups(bytes, ({ columns }) => void (readings += columns.n)));
      assert.ok(readings <= bytes.length);
    }),
    { numRuns: 5 * numRuns },
  );
});

Deno.test(`detector states: what is read from damaged bytes is no longer than they are (${numRuns})`, () => {
  const header = new Uint8Array([1, 0, 0, 0, 0x78, 1, 0, 0, 0]);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (rest, whole) => {
      const bytes = whole ? Uint8Array.from([...header, ...rest]) : rest;
      const read = orRefused(() => {
        const reader = new StateReader(bytes, "x", 1);
        return [reader.text(), reader.bytes(), reader.f64()];
      });
      if (read !== null) assert.ok(weigh(read) <= bytes.length + 2 * OBJECT + 8);
    }),
    { numRuns: 5 * numRuns },
  );
});

Deno.test(`cursors of any content become numbers, or are refused in a short sentence (${numRuns})`, async () => {
  const asked: unknown[][] = [];
  const db = {
    query: ({ args = [] }: { args?: readonly unknown[] }) => {
      asked.push([...args]);
      return Promise.resolve({ columns: ["id"], rows: [], rowsAffected: 0 });
    },
  };
  const cursor = fc.oneof(fc.string(), repeated("1", ".", "9", "-", "e"), fc.nat().map(String));
  await fc.assert(
    fc.asyncProperty(cursor, async (cursor) => {
      try {
        await listPage(createOrm(db).select().from(comments), comments.id, [], { cursor });
        assert.ok(asked.at(-1)!.every((arg) => typeof arg === "number"));
      } catch (error) {
        assert.ok(error instanceof PerchError && error.code === "validation", String(error));
        assert.ok(JSON.stringify(error.errors).length + error.message.length < 300);
      }
    }),
    { numRuns },
  );
});
