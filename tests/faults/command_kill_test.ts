/**
 * Perch is killed (SIGKILL) between an order and its confirmation, and while orders are given one after the other, by
 * a person and by a rule that stays true: after the new start nothing was sent twice, what is not known to have been
 * carried out is `unconfirmed` with the reason, and everything that the device was told is in the history.
 * `COMMAND_KILLS` sets how many rounds (1; the soak 20). Control: `SABOTAGE=resend` sends what was waited for again
 * after each start, and the test must be red.
 */
import "../../lib/base/denied_env.ts";
import assert from "node:assert/strict";
import type { CommandView } from "../../lib/commands/command.ts";
import { connectLamp } from "../support/lamp.ts";
import { haveMosquitto, startMosquitto } from "../support/mosquitto.ts";
import { addKey, startPerch } from "../support/perch.ts";
import { sabotaged } from "../support/sabotage.ts";
import { until } from "../support/until.ts";

const ROUNDS = Number(Deno.env.get("COMMAND_KILLS") ?? 1);
const LEVEL = "hall-1/lamp/power";
/** What the rule orders; no person does. */
const BY_RULE = 99_999;
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

Deno.test({
  name: "commands: kill -9 between order and confirmation sends nothing again and forgets nothing",
  ignore: !haveMosquitto(),
}, async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "perch-commands-" });
  await using broker = await startMosquitto();
  const admin = await addKey({ dataDir, role: "admin" });
  const env = { MQTT_URL: `mqtt://127.0.0.1:${broker.port}`, MQTT_CLIENT_ID: "commands" };
  let perch = await startPerch({ dataDir, env });
  let key = admin;
  const ask = async (path: string, body?: unknown) => {
    const answer = await fetch(perch.url + path, {
      method: body === undefined ? "GET" : "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    return { status: answer.status, body: await answer.json() };
  };
  const made = async (path: string, body: unknown) => {
    const answer = await ask(path, body);
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    return answer.body;
  };
  const history = async () => {
    const items: CommandView[] = [];
    for (let cursor = ""; cursor !== null;) {
      const more = cursor === "" ? "" : `&cursor=${cursor}`;
      const page = (await ask(`/api/commands?limit=200${more}`)).body;
      items.push(...page.items);
      cursor = page.next;
    }
    return items;
  };
  const connected = () =>
    until("the broker", async () => {
      const { items } = (await ask("/api/sources")).body;
      return items[0].state === "connected" || null;
    });
  try {
    await using lamp = await connectLamp(broker.port);
    lamp.deaf(true);
    await connected();
    await lamp.report(`factory/${LEVEL}`, "0");
    await lamp.report("factory/hall-1/room/cold", "false");
    const there = async () => (await ask("/api/sensors")).body.items.length === 2 || null;
    await until("sensors", there);
    const target = await made("/api/commands/targets", {
      ...{ name: "Level", kind: "number", min: 0, max: 1e6, sensor: LEVEL },
      way: { topic: "cmnd/lamp" },
      settings: { min_interval_s: 0, per_hour: 3600, confirm_s: 600 },
    });
    key =
      (await made("/api/keys", { name: "c", role: "engineer", scopes: ["command", "read"] })).key;
    await made("/api/command-rules", {
      ...{ name: "Cold", target: target.id, value: BY_RULE, every_s: 1 },
      when: { is: "on", sensor: "hall-1/room/cold" },
    });
    await lamp.report("factory/hall-1/room/cold", "true");
    const told = () => lamp.told.map(({ payload }) => Number(payload));
    await until("the rule's order", () => told().includes(BY_RULE) || null);
    let next = 1;
    for (let round = 0; round < ROUNDS; round++) {
      const order = () => ask(`/api/commands/targets/${target.id}`, { value: next++ });
      // It is waited for when Perch dies, and so are some that were on their way.
      assert.equal((await order()).body.state, "sent");
      const dying = perch;
      const orders = (async () => {
        while ((await order().catch(() => null)) !== null);
      })();
      await sleep(Math.random() * 100);
      await dying.kill();
      await orders;
      perch = await startPerch({ dataDir, env });
      await connected();
      if (sabotaged("resend")) await lamp.report("cmnd/lamp", String(told().at(-1)));
      const items = await history();
      assert.deepEqual(items.filter(({ state }) => state === "sent"), [], "nothing is waited for");
      const reasons = items.map(({ reason }) => reason ?? "");
      assert.ok(
        reasons.some((text) => /stopped before the device showed it.*not sent again/.test(text)),
      );
      // What follows shows that nothing came before it.
      const fence = next;
      await order();
      await until("the order after it", () => told().includes(fence) || null);
    }
    const items = await history();
    assert.deepEqual(told().filter((value, i) => told().indexOf(value) !== i), [], "told twice");
    const known = new Set(items.map(({ value }) => value));
    assert.deepEqual(
      told().filter((value) => !known.has(value)),
      [],
      "told, and not in the history",
    );
    assert.equal(items.filter(({ value }) => value === BY_RULE).length, 1, "the rule stayed true");
  } finally {
    await perch.kill();
    await Deno.remove(dataDir, { recursive: true });
  }
});
