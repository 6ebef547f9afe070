import assert from "node:assert/strict";
import { fakeClock } from "../../../tests/support/fake_clock.ts";
import { until } from "../../../tests/support/until.ts";
import { type Asked, createSealer, type Replied, secretOf, unknownTo } from "../sealed.ts";
import { askTopic, replyTopic } from "../topics.ts";
import { type BrokerUpstream, upstreamOf } from "./line.ts";
import { createMqttLink } from "./mqtt_link.ts";

const TO = upstreamOf("mqtt://north:perch_north@broker.test") as BrokerUpstream;
const SECRET = secretOf(TO.site, TO.key);

/** A link whose questions are answered by `answer`, which says what it wants to the edge. */
function openLink(answer: (question: Uint8Array, say: (bytes: Uint8Array) => void) => void) {
  const clock = fakeClock();
  const link = createMqttLink({
    clock,
    open: (_, topic, say) => {
      assert.equal(topic, replyTopic(TO.site));
      return Promise.resolve({
        isReady: () => true,
        isStarting: () => false,
        why: () => "",
        publish: (_topic, payload) => Promise.resolve(answer(payload, say)),
        stop: () => Promise.resolve(),
      });
    },
  });
  return { link, clock };
}

/** As a centre begins a session. */
async function begun(question: Uint8Array): Promise<Uint8Array> {
  const { session, n } = await (await createSealer(SECRET, askTopic(TO.site))).open(
    question,
  ) as Asked;
  const reply: Replied = { session, n, status: 200, body: "", token: "t" };
  return await (await createSealer(SECRET, replyTopic(TO.site))).seal(reply);
}

Deno.test("who says at a broker that a key is unknown is not believed when the centre answers all the same", async () => {
  const { link } = openLink(async (question, say) => {
    say(await unknownTo(question));
    say(await begun(question));
  });
  assert.equal(await link.knock(TO, AbortSignal.timeout(60_000)), null);
});

Deno.test("a key that nobody knows is said to be unknown, once no centre answers", async () => {
  const { link, clock } = openLink(async (question, say) => {
    const bent = new Uint8Array(question);
    bent[bent.length - 1] ^= 1;
    say(await unknownTo(bent));
    say(await unknownTo(question));
  });
  const found = link.knock(TO, AbortSignal.timeout(60_000));
  // The pause before the next try, and the one in which a centre may still answer.
  await until("both pauses", () => clock.sleepers() === 2 || null);
  await clock.advance(2_000);
  assert.match((await found)!, /does not know this key/);
});
