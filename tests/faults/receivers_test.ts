/**
 * T21: receivers that are down, answer 500, 429 with Retry-After or 410, or nothing at all. The oracle is what
 * the local receivers wrote down themselves, against the uids of the event log. Retries wait on a fake clock.
 * `SABOTAGE=believes_all` takes every answer for a delivery; then messages are lost and the test must fail.
 */
import assert from "node:assert/strict";
import { systemClock } from "../../lib/base/clock.ts";
import type { Channel } from "../../lib/notify/channel.ts";
import { CHANNELS } from "../../lib/notify/channels/mod.ts";
import { HOUR_MS, MINUTE_MS } from "../../lib/words/times.ts";
import { fakeClock } from "../support/fake_clock.ts";
import { alarmStep, type OutboxUnderTest, startOutbox } from "../support/outbox.ts";
import { freePort } from "../support/port.ts";
import { eventually } from "../support/recording_intake.ts";
import { type Mood, type Receiver, startReceiver } from "../support/receivers/http.ts";
import { startSmtp } from "../support/receivers/smtp.ts";
import { sabotaged } from "../support/sabotage.ts";

const RETRY_AFTER_S = 40;
const PROTOCOL = {
  answer: () => ({ status: 204 }),
  rateLimited: { status: 429, headers: { "retry-after": String(RETRY_AFTER_S) } },
  broken: { status: 500, body: "out of order" },
  lie: null,
};
const ALARMS = 10;

const kinds = sabotaged("believes_all")
  ? CHANNELS.map((channel): Channel => ({
    ...channel,
    async send(options, message, context) {
      const { answer } = await channel.send(options, message, context);
      return { state: "delivered", answer };
    },
  }))
  : CHANNELS;

async function subscribe({ notify, audited: audited }: OutboxUnderTest, name: string, url: string) {
  const subscription = { events: ["alarm"], severity: "info" as const };
  return await notify.channels.add(
    { kind: "webhook", name, options: { url }, subscription },
    audited,
  );
}

const ids = (receiver: Receiver) => receiver.accepted.map((one) => one.headers.get("webhook-id"));

/** Real time for what is under way, then the fake clock moves on. */
async function until(
  done: () => boolean,
  clock: ReturnType<typeof fakeClock>,
  mostMs: number,
): Promise<number> {
  let passedMs = 0;
  while (!done() && passedMs < mostMs) {
    for (let i = 0; i < 20 && !done(); i++) await new Promise((r) => setTimeout(r, 5));
    if (done()) break;
    const stepMs = Math.max(1_000, Math.round(passedMs / 10));
    await clock.advance(stepMs);
    passedMs += stepMs;
  }
  return passedMs;
}

Deno.test("receivers: down, 500, 429, silent: nothing is lost, each in order; 410 ends the channel", async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "perch-receivers-" });
  const clock = fakeClock();
  const receivers = new Map<Mood, Receiver>();
  for (const mood of ["good", "broken", "rate limited", "silent", "gone"] as const) {
    const receiver = startReceiver(PROTOCOL);
    receiver.mood = mood;
    receivers.set(mood, receiver);
  }
  const downPort = freePort();
  const outbox = await startOutbox({ dataDir, clock, kinds, random: () => 0.5 });
  let down: Receiver | null = null;
  try {
    for (const [mood, { url }] of receivers) await subscribe(outbox, mood, url);
    await subscribe(outbox, "down", `http://localhost:${downPort}`);
    const { events, db, notify } = outbox;
    for (const type of ["alarm.raised", "alarm.resolved"] as const) {
      for (let i = 0; i < ALARMS; i++) {
        await db.write([events.statement(alarmStep(String(i), type, clock.now()))]);
      }
    }
    notify.wake();
    const uids = (await events.list({ limit: 100 })).items.map((e) => e.uid).reverse();
    assert.equal(uids.length, 2 * ALARMS);
    const good = receivers.get("good")!;
    const all = () => good.accepted.length === uids.length;
    await eventually(all, () => `${good.accepted.length} of ${uids.length}`, 20_000);
    assert.deepEqual(ids(good), uids, "the good one has all while the silent one says nothing");
    await until(() => receivers.get("rate limited")!.received.length > 1, clock, HOUR_MS);
    const waits = receivers.get("rate limited")!.received.map((one) =>
      Number(one.headers.get("webhook-timestamp"))
    );
    assert.ok(waits[1] - waits[0] >= RETRY_AFTER_S, `asked again after ${waits[1] - waits[0]} s`);
    const shown = await notify.counts();
    assert.ok(shown.waiting >= 4 * uids.length - 8, `${shown.waiting} are seen to wait`);
    // Twenty minutes later all are well again.
    await until(() => false, clock, 20 * MINUTE_MS);
    for (const receiver of receivers.values()) receiver.mood = "good";
    down = startReceiver(PROTOCOL, { port: downPort });
    const late = [receivers.get("broken")!, receivers.get("rate limited")!, down];
    late.push(receivers.get("silent")!);
    await until(() => late.every((one) => one.accepted.length >= uids.length), clock, 2 * HOUR_MS);
    for (const [i, receiver] of late.entries()) {
      const got = ids(receiver);
      const missing = uids.filter((uid) => !got.includes(uid));
      assert.deepEqual(missing, [], `receiver ${i}: ${missing.length} of ${uids.length} are lost`);
      for (let a = 0; a < ALARMS; a++) {
        const [raised, resolved] = [got.indexOf(uids[a]), got.indexOf(uids[ALARMS + a])];
        assert.ok(raised < resolved, `receiver ${i}: alarm ${a} ended before it began`);
      }
    }
    const gone = notify.channels.all().find((one) => one.name === "gone")!;
    assert.equal(gone.state.enabled, false);
    assert.match(gone.state.offReason!, /410/);
    assert.equal(receivers.get("gone")!.received.length, 1, "nothing more was sent there");
    const off = await events.list({ types: ["channel"] });
    assert.match(off.items[0].text, /switched off/);
  } finally {
    await outbox.stop();
    await Promise.all([...receivers.values(), ...(down ? [down] : [])].map((one) => one.close()));
    await Deno.remove(dataDir, { recursive: true });
  }
});

Deno.test("receivers: one that takes a minute delays the others by less than a second", async () => {
  const slowest = async (withSlow: boolean): Promise<number> => {
    const dataDir = await Deno.makeTempDir({ prefix: "perch-receivers-" });
    const good = startReceiver(PROTOCOL);
    const slow = startReceiver(PROTOCOL);
    slow.delayMs = 60_000;
    const outbox = await startOutbox({ dataDir, clock: systemClock() });
    try {
      if (withSlow) await subscribe(outbox, "slow", slow.url);
      await subscribe(outbox, "good", good.url);
      const delays: number[] = [];
      for (let i = 0; i < 20; i++) {
        const startedMs = performance.now();
        await outbox.events.append(alarmStep(`s${i}`, "alarm.raised", Date.now()));
        outbox.notify.wake();
        while (good.accepted.length <= i) await new Promise((r) => setTimeout(r, 2));
        delays.push(performance.now() - startedMs);
      }
      if (withSlow) assert.equal(slow.received.length, 1, "it still waits for its first answer");
      return Math.max(...delays);
    } finally {
      await outbox.stop();
      await Promise.all([good.close(), slow.close()]);
      await Deno.remove(dataDir, { recursive: true });
    }
  };
  const alone = await slowest(false);
  const beside = await slowest(true);
  console.log(`slowest delivery: ${alone.toFixed(0)} ms alone, ${beside.toFixed(0)} ms beside`);
  assert.ok(beside - alone < 1_000, `${beside - alone} ms longer`);
});

Deno.test("receivers: of two mail recipients one is greylisted; each gets every message once", async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "perch-receivers-" });
  const clock = fakeClock();
  const smtp = await startSmtp();
  smtp.putOff.set("grey@example.com", 2);
  const outbox = await startOutbox({ dataDir, clock, kinds, random: () => 0.5 });
  try {
    const { events, db, notify, audited } = outbox;
    const channel = await notify.channels.add({
      kind: "email",
      name: "mail",
      options: {
        service: "custom",
        server: "localhost",
        port: smtp.port,
        security: "none",
        from: "perch@example.com",
        to: ["ada@example.com", "grey@example.com"],
      },
      subscription: null,
    }, audited);
    for (const id of ["1", "2"]) {
      await db.write([events.statement(alarmStep(id, "alarm.raised", clock.now()))]);
    }
    notify.wake();
    const got = (to: string) =>
      smtp.mails.filter((mail) => mail.to.includes(to)).map(({ mail }) => mail.subject);
    const soon = (done: () => boolean) => eventually(done, () => "it does not happen", 20_000);
    await soon(() => got("ada@example.com").length === 2 && outbox.told.length >= 2);
    const states = async () =>
      (await notify.outbox.list({ limit: 10 })).items.map((one) => one.state);
    assert.deepEqual(await states(), ["waiting", "waiting"], "one recipient has none yet");
    const view = notify.channels.all().find((one) => one.id === channel.id)!;
    assert.notEqual(view.state.failingSinceMs, null, "a channel that fails for one is not well");
    const passedMs = await until(() => got("grey@example.com").length === 2, clock, HOUR_MS);
    assert.ok(passedMs <= 5 * MINUTE_MS, `${passedMs} ms`);
    await soon(() => outbox.told.filter((one) => one.state === "delivered").length === 2);
    assert.deepEqual(await states(), ["delivered", "delivered"]);
    for (const to of ["ada@example.com", "grey@example.com"]) {
      assert.equal(new Set(got(to)).size, 2, to);
      assert.equal(got(to).length, 2, to);
    }
  } finally {
    await outbox.stop();
    await smtp.close();
    await Deno.remove(dataDir, { recursive: true });
  }
});
