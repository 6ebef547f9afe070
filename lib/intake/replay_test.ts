import assert from "node:assert/strict";
import type { DeadLetter } from "./dead_letter.ts";
import type { DraftBatch } from "./intake.ts";
import { createReplay, parseLetter } from "./replay.ts";

const ARRIVED_MS = Date.UTC(2026, 0, 1);
const letter = (part: Partial<DeadLetter>): DeadLetter => ({
  ts: "2026-01-01T00:00:00.000Z",
  source: "mqtt",
  topic: "factory/a/b",
  code: "bad_payload",
  message: "",
  payload: "1",
  ...part,
});

function setup() {
  const offered: DraftBatch[] = [];
  const replay = createReplay({
    intake: {
      offerBatch: (batch) => {
        offered.push(batch);
        return Promise.resolve({
          accepted: batch.drafts.length,
          duplicate: 0,
          rejected: [...batch.rejects],
        });
      },
    },
    decode: (topic, payload) => ({
      drafts: [{ sensor: topic, value: Number(new TextDecoder().decode(payload)) }],
      rejects: [],
    }),
    decodeHttp: (path, item) =>
      path === "/api/ingest" ? { drafts: [JSON.parse(item)], rejects: [] } : undefined,
  });
  return { offered, replay };
}

Deno.test("replay offers MQTT letters by topic and HTTP letters by path, and keeps no second letter", async () => {
  const { offered, replay } = setup();
  assert.deepEqual(await replay(letter({})), { outcome: "stored" });
  const item = '{"sensor":"x/y","value":2}';
  assert.deepEqual(await replay(letter({ topic: "/api/ingest", payload: item })), {
    outcome: "stored",
  });
  assert.deepEqual(offered.map((b) => [b.drafts[0], b.keepRejects]), [
    [{ sensor: "factory/a/b", value: 1, tMs: ARRIVED_MS }, false],
    [{ sensor: "x/y", value: 2, tMs: ARRIVED_MS }, false],
  ]);
});

Deno.test("replay dates a reading without a time by its letter and leaves the device's time alone", async () => {
  const { offered, replay } = setup();
  const dated = '{"sensor":"x/y","value":2,"tMs":5}';
  await replay(letter({ topic: "/api/ingest", payload: dated }));
  await replay(letter({}));
  assert.deepEqual(offered.map((b) => b.drafts[0].tMs), [5, ARRIVED_MS]);
});

Deno.test("replay says why a letter cannot be stored", async () => {
  const { replay } = setup();
  const codes = [];
  for (
    const part of [{ cutFromBytes: 9e6 }, { topic: "/else" }, {
      topic: "/api/ingest",
      payload: "{",
    }]
  ) {
    const result = await replay(letter(part));
    codes.push(result.outcome === "rejected" ? result.code : result.outcome);
  }
  assert.deepEqual(codes, ["too_large", "bad_topic", "bad_payload"]);
});

Deno.test("parseLetter refuses what is not a dead letter", () => {
  for (const line of ["", "null", "{}", "torn {", '{"ts":1}']) {
    assert.throws(() => parseLetter(line), { code: "validation" });
  }
  assert.equal(parseLetter(JSON.stringify(letter({}))).topic, "factory/a/b");
});
