/** The upload to ThingSpeak in the whole application, by the environment alone. */
import assert from "node:assert/strict";
import { systemActor } from "../../lib/access/audit_row.ts";
import { startApp } from "../support/app.ts";
import { startReceiver } from "../support/receivers/http.ts";
import { THINGSPEAK, thingspeakApi } from "../support/receivers/thingspeak.ts";
import { eventually } from "../support/recording_intake.ts";

async function keyOf(under: Awaited<ReturnType<typeof startApp>>): Promise<string> {
  const { access } = under.app.parts();
  const { key } = await access.keys.add({ name: "test", role: "engineer" }, systemActor("test"));
  return key;
}

Deno.test("ThingSpeak: readings are uploaded and read back; the keys are nowhere to be seen", async () => {
  const service = thingspeakApi();
  const receiver = startReceiver(service);
  const under = await startApp({
    THINGSPEAK_BASE_URL: `${receiver.url}/`,
    THINGSPEAK_CHANNEL_ID: THINGSPEAK.channelId,
    THINGSPEAK_WRITE_API_KEY: THINGSPEAK.writeKey,
    THINGSPEAK_READ_API_KEY: THINGSPEAK.readKey,
  });
  try {
    const headers = { authorization: `Bearer ${await keyOf(under)}` };
    const ask = async (path: string) => {
      const answer = await fetch(under.url + path, { headers });
      const text = await answer.text();
      for (const secret of [THINGSPEAK.writeKey, THINGSPEAK.readKey]) {
        assert.ok(!text.includes(secret), path);
      }
      return { status: answer.status, body: JSON.parse(text) };
    };
    let n = 0;
    const sending = setInterval(() => {
      const body = JSON.stringify({ machine: "hall/m1", sensor: "temperature", value: ++n });
      const json = { ...headers, "content-type": "application/json" };
      fetch(`${under.url}/api/ingest`, { method: "POST", headers: json, body })
        .then((answer) => answer.body?.cancel());
    }, 500);
    await eventually(() => service.entries.length > 0, () => "an upload", 45_000);
    clearInterval(sending);
    const sent = Number(service.entries[0].field1);
    assert.ok(sent >= 1 && sent <= n, `${sent} of ${n}`);

    await eventually(() => under.app.parts().thingspeak.state().messages > 0, () => "its answer");
    const state = await ask("/api/thingspeak");
    assert.deepEqual([state.status, state.body.health, state.body.fields], [200, "ok", [
      "hall/m1/temperature",
    ]]);
    const feeds = await ask("/api/thingspeak/feeds?results=1");
    assert.equal(feeds.body.items[0].fields.field1, String(service.entries.at(-1)!.field1));
    receiver.mood = "broken";
    const broken = await ask("/api/thingspeak/feeds");
    assert.deepEqual([broken.status, broken.body.code], [503, "unavailable"]);
    assert.match(broken.body.detail, /500 Internal Server Error/);
    await ask("/api/settings");
    await ask("/api/status");
  } finally {
    await under.close();
    await receiver.close();
  }
});

Deno.test("ThingSpeak: without a channel it is off and has nothing", async () => {
  const under = await startApp();
  try {
    const headers = { authorization: `Bearer ${await keyOf(under)}` };
    const state = await (await fetch(`${under.url}/api/thingspeak`, { headers })).json();
    assert.equal(state.health, "off");
    const feeds = await fetch(`${under.url}/api/thingspeak/feeds`, { headers });
    assert.deepEqual(await feeds.json(), { items: [], next: null });
  } finally {
    await under.close();
  }
});
