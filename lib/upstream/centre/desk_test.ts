import assert from "node:assert/strict";
import { PerchError } from "../../base/errors.ts";
import { silentLog } from "../../base/log.ts";
import {
  type Asked,
  createSealer,
  isUnknown,
  NO_SESSION,
  type Replied,
  secretOf,
} from "../sealed.ts";
import { askTopic, replyTopic } from "../topics.ts";
import type { Forward, Forwarded } from "../wire.ts";
import { createDesk } from "./desk.ts";

const KEYS: Record<string, string> = { north: "perch_north", south: "perch_south" };
const MESSAGE: Forward = {
  ...{ protocol: 1, perch: "0.0.0", node: "n", instance: "i", host: "pi", hardware: "h" },
  ...{ sent_ms: 1, epoch: "e", done: [], lag: { readings: 0, oldest_ms: null, lost: 0 } },
};
const ANSWER: Forwarded = {
  ...{ protocol: 1, perch: "0", now_ms: 1, readings: 7, events: null, registry: null },
  ...{ alarms: null, fresh_epoch: false, commands: [] },
};

function openDesk() {
  const taken: [site: string, said: Forward][] = [];
  const said: [topic: string, bytes: Uint8Array][] = [];
  const keys = { ...KEYS };
  let trouble: PerchError | null = null;
  const make = () =>
    createDesk({
      log: silentLog(),
      secretOf: (site) => site in keys ? secretOf(site, keys[site]) : null,
      forward(site, message) {
        taken.push([site, message]);
        return trouble === null ? Promise.resolve(ANSWER) : Promise.reject(trouble);
      },
      publish: (topic, bytes) => Promise.resolve(void said.push([topic, bytes])),
    });
  let desk = make();
  const heard = (site: string, bytes: Uint8Array) => desk.heard(askTopic(site), bytes);
  return {
    ...{ taken, said, keys },
    restart: () => void (desk = make()),
    heard,
    fail: (error: PerchError) => void (trouble = error),
    /** What comes back for these bytes; null: nothing. */
    async hear(site: string, bytes: Uint8Array): Promise<Uint8Array | null> {
      const before = said.length;
      await heard(site, bytes);
      const [topic, reply] = said[before] ?? [null, null];
      if (topic !== null) assert.equal(topic, replyTopic(site));
      return reply;
    },
  };
}

const question = async (site: string, key: string, asked: Asked) =>
  await (await createSealer(secretOf(site, key), askTopic(site))).seal(asked);
async function read(site: string, reply: Uint8Array | null): Promise<Replied> {
  assert.ok(reply !== null);
  const sealer = await createSealer(secretOf(site, KEYS[site]), replyTopic(site));
  return await sealer.open(reply) as Replied;
}

async function begun(desk: ReturnType<typeof openDesk>, session = "s1"): Promise<string> {
  const bytes = await question("north", KEYS.north, { session, n: 0, token: null, message: null });
  return (await read("north", await desk.hear("north", bytes))).token!;
}

Deno.test("a question is taken once; its answer is given again when it comes again", async () => {
  const desk = openDesk();
  const token = await begun(desk);
  const first = await question("north", KEYS.north, {
    session: "s1",
    n: 1,
    token,
    message: MESSAGE,
  });
  const reply = await desk.hear("north", first);
  const { status, body, n, session } = await read("north", reply);
  assert.deepEqual([status, n, session], [200, 1, "s1"]);
  assert.deepEqual(JSON.parse(body), ANSWER);
  assert.deepEqual(await desk.hear("north", first), reply, "it was lost");
  assert.equal(desk.taken.length, 1);
  const second = await question("north", KEYS.north, {
    session: "s1",
    n: 2,
    token,
    message: MESSAGE,
  });
  await desk.hear("north", second);
  assert.equal(desk.taken.length, 2);
  assert.equal(await desk.hear("north", first), null, "somebody recorded it");
  assert.equal(desk.taken.length, 2);
});

Deno.test("who has no key of the site, or had one, changes nothing there", async () => {
  const desk = openDesk();
  const token = await begun(desk);
  const asked: Asked = { session: "s1", n: 1, token, message: MESSAGE };
  const good = await question("north", KEYS.north, asked);
  // Of another site, for another topic, bent on the way, and no question at all.
  const answers = await createSealer(secretOf("north", KEYS.north), replyTopic("north"));
  const others = [
    await question("north", KEYS.south, asked),
    await question("south", KEYS.south, asked),
    await answers.seal(asked),
    good.map((byte, i) => i === 40 ? byte ^ 1 : byte),
    new Uint8Array(),
    new TextEncoder().encode("{}"),
  ];
  for (const bytes of others) {
    const reply = await desk.hear("north", bytes);
    assert.ok(reply !== null && await isUnknown(reply, bytes), String(bytes));
    assert.ok(!await isUnknown(reply, good), "said of this one alone");
  }
  assert.ok(await isUnknown((await desk.hear("west", good))!, good));
  delete desk.keys.north;
  assert.ok(await isUnknown((await desk.hear("north", good))!, good), "revoked");
  assert.deepEqual(desk.taken, []);
});

Deno.test("what was recorded before a start of the centre is not taken after it", async () => {
  const desk = openDesk();
  const token = await begun(desk);
  const asked: Asked = { session: "s1", n: 1, token, message: MESSAGE };
  const recorded = await question("north", KEYS.north, asked);
  desk.restart();
  assert.equal((await read("north", await desk.hear("north", recorded))).status, NO_SESSION);
  assert.notEqual(await begun(desk), token);
  assert.equal((await read("north", await desk.hear("north", recorded))).status, NO_SESSION);
  assert.deepEqual(desk.taken, []);
});

Deno.test("sessions that are begun do not end the one that speaks", async () => {
  const desk = openDesk();
  const token = await begun(desk, "speaks");
  for (let n = 1; n <= 40; n++) {
    await begun(desk, `s${n}`);
    const asked = await question("north", KEYS.north, {
      session: "speaks",
      n,
      token,
      message: MESSAGE,
    });
    assert.equal((await read("north", await desk.hear("north", asked))).status, 200);
  }
});

Deno.test("what the centre refuses, and what is no message, is said as over HTTP", async () => {
  const desk = openDesk();
  const token = await begun(desk);
  desk.fail(new PerchError("conflict", "it is another Perch"));
  const ask = (n: number, message: unknown) =>
    question("north", KEYS.north, { session: "s1", n, token, message: message as Forward });
  const refused = await read("north", await desk.hear("north", await ask(1, MESSAGE)));
  assert.deepEqual([refused.status, JSON.parse(refused.body)], [409, {
    detail: "it is another Perch",
  }]);
  const wrong = await read(
    "north",
    await desk.hear("north", await ask(2, { ...MESSAGE, host: 7 })),
  );
  assert.equal(wrong.status, 400);
  assert.match(JSON.parse(wrong.body).detail, /message\.host/);
});

Deno.test("what a stranger says in between holds up no question; of very many at once some come again", async () => {
  const desk = openDesk();
  const token = await begun(desk);
  const asked = { session: "s1", n: 1, token, message: MESSAGE };
  const real = await question("north", KEYS.north, asked);
  const noise = new Uint8Array(80).fill(7);
  const before = desk.said.length;
  await Promise.all([...Array(5).fill(noise), real].map((bytes) => desk.heard("north", bytes)));
  assert.equal(desk.taken.length, 1);
  const [, reply] = desk.said.at(-1)!;
  assert.deepEqual([desk.said.length - before, (await read("north", reply)).n], [6, 1]);
  await Promise.all(Array(500).fill(noise).map((bytes) => desk.heard("north", bytes)));
  assert.equal(desk.said.length - before, 6 + 16);
  // And then it goes on.
  assert.ok(await isUnknown((await desk.hear("north", noise))!, noise));
});
