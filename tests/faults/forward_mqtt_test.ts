/**
 * The ledger from edge to centre through a broker: mosquitto is killed with kill -9, the centre is, and the line between
 * edge and broker flaps; whatever the edge acknowledged is at the centre exactly once and in order. Meanwhile another
 * client of the broker sends again whatever it hears, and writes what it likes. Two starts of a process take most of its
 * time.
 * Control: `SABOTAGE=forward_puback` answers for the centre as soon as the broker has a message.
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { connectAsync, type MqttClient } from "mqtt";
import { parseConfig } from "../../lib/base/config.ts";
import { forwardingCheck } from "../../lib/cli/check/forwarding.ts";
import { type Asked, createSealer, type Replied, secretOf } from "../../lib/upstream/sealed.ts";
import { askTopic, replyTopic } from "../../lib/upstream/topics.ts";
import type { Forwarded } from "../../lib/upstream/wire.ts";
import { type AppUnderTest, startApp } from "../support/app.ts";
import { perchHere } from "../support/command_here.ts";
import { type Cuttable, startCuttable } from "../support/cuttable.ts";
import {
  agree,
  edgeState,
  type ForwardPlant,
  Ledger,
  stored,
  WITHIN_MS,
} from "../support/forward_ledger.ts";
import { haveMosquitto, startMosquitto } from "../support/mosquitto.ts";
import { startPerch } from "../support/perch.ts";
import { change } from "../support/restored_plant.ts";
import { sabotaged } from "../support/sabotage.ts";
import { until } from "../support/until.ts";

/** A client of the broker that has no key: it sends again what it hears, and noise. */
async function startStranger(url: string): Promise<MqttClient> {
  const client = await connectAsync(url, { reconnectPeriod: 100, clientId: "stranger" });
  const heard: [string, Buffer][] = [];
  let silentMs = 0;
  client.on("error", () => {});
  client.on("message", (topic, payload) => {
    heard.push([topic, payload]);
    if (heard.length > 50) heard.splice(0, 25);
    // Its own comes back to it as well, and is answered: without a pause each volley would bring the next.
    if (Math.random() > 0.3 || performance.now() < silentMs) return;
    silentMs = performance.now() + 50;
    const [where, what] = heard[Math.floor(Math.random() * heard.length)];
    client.publish(where, what);
    client.publish(askTopic("north"), Buffer.from(JSON.stringify({ readings: [1] })));
    const bent = Buffer.from(payload);
    bent[bent.length >> 1] ^= 1;
    client.publish(topic, bent);
  });
  await client.subscribeAsync("perch/#");
  return client;
}

/** Says for the centre that it has everything, when the broker has it. */
async function answerForCentre(url: string, site: string, key: string): Promise<MqttClient> {
  const client = await connectAsync(url, { reconnectPeriod: 100, clientId: "early" });
  const asks = await createSealer(secretOf(site, key), askTopic(site));
  const replies = await createSealer(secretOf(site, key), replyTopic(site));
  client.on("error", () => {});
  client.on("message", async (_, payload) => {
    const asked = await asks.open(payload) as Asked | null;
    if (asked === null) return;
    const { session, n, message } = asked;
    const body: Forwarded = {
      ...{ protocol: 1, perch: "0", now_ms: Date.now() },
      readings: message?.readings?.to ?? null,
      events: message?.events?.to ?? null,
      registry: message?.registry?.version ?? null,
      alarms: message?.alarms?.version ?? null,
      ...{ fresh_epoch: false, commands: [] },
    };
    const reply: Replied = { session, n, status: 200, body: JSON.stringify(body), token: "t" };
    client.publish(replyTopic(site), Buffer.from(await replies.seal(reply)), { qos: 1 });
  });
  await client.subscribeAsync(askTopic(site), { qos: 1 });
  return client;
}

const freed = (one: string) =>
  `delete from journal_${one} where id < (select seq from forward_cursors where lane = 'readings')`;
const is = (edge: AppUnderTest, state: string) => () => edgeState(edge).state === state || null;

async function flap(link: Cuttable, { edge, ledger }: ForwardPlant): Promise<void> {
  for (let i = 0; i < 4; i++) {
    link.cut();
    await ledger.send(edge, 30);
    link.mend();
    await ledger.send(edge, 30);
    await until("the edge to be connected again", is(edge, "connected"), WITHIN_MS);
  }
}

Deno.test({
  name:
    "forwarding through a broker: what the edge acknowledged is at the centre once and in order, whatever happens between",
  ignore: !haveMosquitto(),
  async fn() {
    await using broker = await startMosquitto();
    const url = `mqtt://127.0.0.1:${broker.port}`;
    const centreDir = await Deno.makeTempDir({ prefix: "perch-centre-" });
    const added = await perchHere(centreDir, [
      ...["key", "add", "--name", "test", "--role", "admin", "--json"],
    ]);
    const { key } = JSON.parse(added.out);
    const startCentre = () =>
      startPerch({ dataDir: centreDir, env: { MQTT_URL: url, LOG_LEVEL: "error" } });
    const centre = { perch: await startCentre(), key };
    await using link = startCuttable(broker.port);
    const made = await fetch(`${centre.perch.url}/api/sites`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify({ id: "north" }),
    });
    const { line } = await made.json();
    assert.equal(made.status, 201);
    const { password } = new URL(line);
    const through = `mqtt://north:${password}@${new URL(link.url).host}`;
    const edgeDir = await Deno.makeTempDir({ prefix: "perch-edge-" });
    const env = { PERCH_DATA: edgeDir, UPSTREAM_URL: through };
    const stranger = await startStranger(url);
    const ledger = new Ledger();
    const plant: ForwardPlant = { centre, edge: await startApp(env), ledger };
    let early: MqttClient | null = null;
    try {
      await until("the edge to be connected", is(plant.edge, "connected"));
      await ledger.send(plant.edge, 100);
      await agree("the first readings", plant);

      await broker.kill();
      await ledger.send(plant.edge, 200);
      await until("the edge to notice", is(plant.edge, "waiting"));
      assert.match(
        edgeState(plant.edge).detail,
        /the broker at 127\S+ \(.* kept and forwarded later/,
      );
      await broker.restart();
      await agree("what came while the broker was killed", plant);
      await flap(link, plant);
      await agree("what came while the line flapped", plant);

      if (sabotaged("forward_puback")) early = await answerForCentre(url, "north", password);
      await ledger.send(plant.edge, 50);
      await centre.perch.kill();
      await ledger.send(plant.edge, 200);
      if (early !== null) {
        const all = () => edgeState(plant.edge).waiting === 0 || null;
        await until("the edge to be answered", all, WITHIN_MS);
        await early.endAsync(true);
      }
      // What the edge takes to be at the centre is not in its journal for long.
      await plant.edge.app.stop();
      await change(edgeDir, ["a", "b"].map(freed));
      plant.edge = await startApp(env);
      centre.perch = await startCentre();
      await ledger.send(plant.edge, 50);
      await agree("what came while the centre was killed", plant);
      assert.equal(edgeState(plant.edge).state, "connected");
      assert.equal(edgeState(plant.edge).lost, 0);

      const check = async () => (await forwardingCheck(parseConfig(env)).run())[0];
      assert.match(
        (await check()).detail,
        /a centre answers at the broker mqtt:\S+ and knows the key/,
      );
      const revoked = await fetch(`${centre.perch.url}/api/sites/north/key`, {
        method: "DELETE",
        headers: { authorization: `Bearer ${key}` },
      });
      assert.equal((await revoked.json()).state, "revoked");
      const before = ledger.acknowledged.length;
      await ledger.send(plant.edge, 25);
      await until("the edge to be refused", is(plant.edge, "refused"));
      assert.match(edgeState(plant.edge).detail, /does not know this key: it was revoked/);
      assert.equal((await stored(plant.centre))?.length, before, "at once");
      const { state, detail } = await check();
      assert.equal(state, "problem");
      assert.match(detail, /does not know this key/);
    } finally {
      await early?.endAsync(true).catch(() => {});
      await stranger.endAsync(true);
      await plant.edge.app.stop().catch(() => {});
      await centre.perch.kill();
      for (const dir of [centreDir, edgeDir]) await Deno.remove(dir, { recursive: true });
    }
  },
});
