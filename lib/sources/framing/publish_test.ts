import { Buffer } from "node:buffer";
import assert from "node:assert/strict";
import fc from "fast-check";
import mqtt from "mqtt-packet";
import { FrameFault } from "./framer.ts";
import { emptyPublish, readPublish } from "./publish.ts";
import { TopicNames } from "./topics.ts";

function bodyOf(bytes: Uint8Array): number {
  let at = 1;
  while (bytes[at++] > 127);
  return at;
}

Deno.test("readPublish reads what mqtt-packet writes, of both versions", () => {
  const topics = new TopicNames();
  const topic = fc.string({ unit: "grapheme", minLength: 1, maxLength: 300 })
    .filter((text) => !/[+#\0]/.test(text) && text.isWellFormed());
  const message = fc.record({
    topic,
    payload: fc.uint8Array({ maxLength: 300 }),
    qos: fc.constantFrom(0, 1, 2),
    retain: fc.boolean(),
    again: fc.boolean(),
    packetId: fc.integer({ min: 1, max: 65_535 }),
    version: fc.constantFrom(4 as const, 5 as const),
    note: fc.option(fc.string({ maxLength: 200 })),
  });
  fc.assert(fc.property(message, (m) => {
    const properties = m.note === null ? {} : { userProperties: { note: m.note } };
    const bytes = mqtt.generate({
      cmd: "publish",
      topic: m.topic,
      payload: Buffer.from(m.payload),
      qos: m.qos as 0 | 1 | 2,
      retain: m.retain,
      dup: m.again,
      messageId: m.packetId,
      properties,
    }, { protocolVersion: m.version });
    const out = emptyPublish();
    readPublish(out, bytes, 0, bodyOf(bytes), bytes.length, m.version, topics);
    assert.deepEqual({ ...out, payload: [...out.payload] }, {
      topic: m.topic,
      payload: [...m.payload],
      qos: m.qos,
      retain: m.retain,
      again: m.again,
      packetId: m.qos === 0 ? 0 : m.packetId,
    });
  }));
});

Deno.test("readPublish reads any bytes or faults, and stays within the packet", () => {
  const topics = new TopicNames();
  const version = fc.constantFrom(4 as const, 5 as const);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(15), version, (body, flags, v) => {
      const bytes = new Uint8Array([0x30 | flags, body.length, ...body, 0xaa, 0xbb]);
      const out = emptyPublish();
      try {
        readPublish(out, bytes, 0, 2, bytes.length - 2, v, topics);
      } catch (error) {
        assert.ok(error instanceof FrameFault);
        return;
      }
      assert.ok(out.payload.byteOffset + out.payload.length <= bytes.length - 2);
      assert.notEqual(out.topic, "");
      assert.equal(out.qos === 0, out.packetId === 0);
    }),
    { numRuns: 5000 },
  );
});

Deno.test("TopicNames gives the right name also where two topics share a slot", () => {
  const topics = new TopicNames();
  const encoder = new TextEncoder();
  const names = Array.from({ length: 20_000 }, (_, i) => `factory/ä${i}/t`);
  for (let round = 0; round < 2; round++) {
    for (const name of names) {
      const bytes = encoder.encode(`..${name}..`);
      assert.equal(topics.at(bytes, 2, bytes.length - 2), name);
    }
  }
});

Deno.test("TopicNames shows bytes that are no UTF-8 as U+FFFD", () => {
  assert.equal(new TopicNames().at(new Uint8Array([0x61, 0xff]), 0, 2), "a\ufffd");
});
