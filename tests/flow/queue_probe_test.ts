/** `perch check` tries what a broker keeps for a client that is away. */
import assert from "node:assert/strict";
import { PROBE_MESSAGES } from "../../lib/cli/check/broker.ts";
import { Secret } from "../../lib/base/secret.ts";
import { probeQueue } from "../../lib/sources/queue_probe.ts";
import { haveMosquitto, type MosquittoOptions, startMosquitto } from "../support/mosquitto.ts";

const ignore = !haveMosquitto();

async function probe(options: MosquittoOptions, user: string | null = null) {
  await using broker = await startMosquitto(options);
  const connection = {
    url: `mqtt://127.0.0.1:${broker.port}`,
    user,
    password: user === null ? null : new Secret("right"),
    caFile: null,
    certFile: null,
    keyFile: null,
  };
  const result = await probeQueue(connection, PROBE_MESSAGES);
  return { result, log: broker.log() };
}

Deno.test(
  { name: "probeQueue sees that mosquitto's default queue drops messages", ignore },
  async () => {
    const { result } = await probe({});
    assert.equal(result.sent, PROBE_MESSAGES);
    assert.ok(result.delivered < PROBE_MESSAGES, String(result.delivered));
  },
);

Deno.test({ name: "probeQueue gets everything back when the queue has room", ignore }, async () => {
  const { result, log } = await probe({ config: ["max_queued_messages 0"] });
  assert.deepEqual(result, { sent: PROBE_MESSAGES, delivered: PROBE_MESSAGES, refused: null });
  // The last connection of the session is a clean one: nothing stays behind at the broker.
  const connects = log.split("\n").filter((line) =>
    /New client connected .* as perch-check-[a-z0-9]{8} /.test(line)
  );
  assert.match(connects.at(-1)!, /c1/);
});

Deno.test(
  { name: "probeQueue rejects with the broker's own reason when it is not let in", ignore },
  async () => {
    await assert.rejects(probe({ users: { perch: "wrong" } }, "perch"), /Not authorized/i);
  },
);
