/**
 * Z15. A receiver that uses the published library checks what the webhook channel sends. `SABOTAGE=bent-body`
 * changes one byte on the way, `SABOTAGE=new-id` gives each try an id of its own: both must be noticed.
 */
import assert from "node:assert/strict";
import { Webhook } from "standardwebhooks";
import { alarmEvent } from "../support/events.ts";
import { fakeClock } from "../support/fake_clock.ts";
import { anyHook } from "../support/receivers/chat.ts";
import { type ReceivedRequest, type Receiver, startReceiver } from "../support/receivers/http.ts";
import { sabotaged } from "../support/sabotage.ts";
import { sendContext } from "../support/send_context.ts";
import { webhook } from "../../lib/notify/channels/webhook.ts";
import {
  keyOf,
  newWebhookSecret,
  signatureHeaders,
} from "../../lib/notify/channels/webhook_signature.ts";
import { messageOf } from "../../lib/notify/message_of.ts";

const MESSAGE = messageOf(alarmEvent(), { zone: "UTC", publicUrl: "https://perch.example.com" });
const TOLERANCE_S = 300;

async function withHook(work: (hook: Receiver) => Promise<void>): Promise<void> {
  const hook = startReceiver(anyHook);
  try {
    await work(hook);
  } finally {
    await hook.close();
  }
}

/** Sends at `nowMs` and gives what arrived. */
async function sent(
  hook: Receiver,
  secrets: { secret: string; previous_secret?: string },
  nowMs = Date.now(),
  attempt = 1,
): Promise<ReceivedRequest> {
  const message = sabotaged("new-id") ? { ...MESSAGE, uid: `${MESSAGE.uid}-${attempt}` } : MESSAGE;
  const clock = fakeClock(nowMs);
  await webhook.send(
    { url: `${hook.url}/hook`, ...secrets },
    message,
    sendContext({ clock }),
  );
  const request = hook.received.at(-1)!;
  return sabotaged("bent-body") ? { ...request, body: request.body + " " } : request;
}

function verify({ body, headers }: ReceivedRequest, secret: string): unknown {
  return new Webhook(secret).verify(body, Object.fromEntries(headers));
}

Deno.test("webhook: the documented vector", () => {
  const headers = signatureHeaders(
    "msg_p5jXN8AQM9LWM0D4loKWxJek",
    1_614_265_330_000,
    '{"test": 2432232314}',
    ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
  );
  assert.deepEqual(headers, {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
  });
});

Deno.test("webhook: a receiver's library takes what Perch sends", () =>
  withHook(async (hook) => {
    const secret = newWebhookSecret();
    const request = await sent(hook, { secret });
    assert.equal(request.headers.get("content-type"), "application/json");
    const body = verify(request, secret) as Record<string, Record<string, unknown>>;
    assert.equal(body.type as unknown, "alarm.raised");
    assert.equal(body.timestamp as unknown, "2026-01-05T12:00:00.000Z");
    assert.equal(body.data.link, "https://perch.example.com/alarms/a1");
    assert.equal((body.data.alarm as Record<string, unknown>).value, 83.4);
  }));

Deno.test("webhook: every changed byte of id, time, body or secret is noticed", () =>
  withHook(async (hook) => {
    const secret = newWebhookSecret();
    const request = await sent(hook, { secret });
    verify(request, secret);
    const { body } = request;
    for (let i = 0; i < body.length; i += 7) {
      const bent = body.slice(0, i) + (body[i] === "x" ? "y" : "x") + body.slice(i + 1);
      assert.throws(() => verify({ ...request, body: bent }, secret), `byte ${i}`);
    }
    for (const name of ["webhook-id", "webhook-timestamp", "webhook-signature"]) {
      const headers = new Headers(request.headers);
      headers.set(name, headers.get(name)!.replace(/.$/, (c) => c === "1" ? "2" : "1"));
      assert.throws(() => verify({ ...request, headers }, secret), name);
    }
    assert.throws(() => verify(request, newWebhookSecret()));
  }));

Deno.test("webhook: the time of the try is signed, within five minutes either way", () =>
  withHook(async (hook) => {
    const secret = newWebhookSecret();
    for (const offS of [0, -TOLERANCE_S + 5, TOLERANCE_S - 5]) {
      verify(await sent(hook, { secret }, Date.now() + offS * 1000), secret);
    }
    for (const offS of [-TOLERANCE_S - 5, TOLERANCE_S + 5]) {
      const request = await sent(hook, { secret }, Date.now() + offS * 1000);
      assert.throws(() => verify(request, secret), /timestamp/i, String(offS));
    }
  }));

Deno.test("webhook: while a secret is exchanged, receivers may hold the old one or the new", () =>
  withHook(async (hook) => {
    const [old, fresh] = [newWebhookSecret(), newWebhookSecret()];
    const request = await sent(hook, { secret: fresh, previous_secret: old });
    verify(request, old);
    verify(request, fresh);
    assert.throws(() => verify(request, newWebhookSecret()));
    assert.throws(() => verify(request, newWebhookSecret()));
    assert.throws(() => {
      const alone = new Headers(request.headers);
      alone.set("webhook-signature", alone.get("webhook-signature")!.split(" ")[0]);
      verify({ ...request, headers: alone }, old);
    });
  }));

Deno.test("webhook: a repeat has the same id and the same bytes, and a new time", () =>
  withHook(async (hook) => {
    const secret = newWebhookSecret();
    const first = await sent(hook, { secret }, Date.now() - 60_000, 1);
    const second = await sent(hook, { secret }, Date.now(), 2);
    const head = (request: ReceivedRequest, name: string) => request.headers.get(name);
    assert.equal(head(first, "webhook-id"), head(second, "webhook-id"));
    assert.equal(head(first, "webhook-id"), alarmEvent().uid);
    assert.equal(first.body, second.body);
    assert.notEqual(head(first, "webhook-timestamp"), head(second, "webhook-timestamp"));
    verify(first, secret);
    verify(second, secret);
  }));

Deno.test("webhook: secrets are 24 to 64 bytes of base64 behind whsec_; a new one is made where none is given", () => {
  const bytes = (n: number) => "whsec_" + btoa("x".repeat(n));
  for (const good of [bytes(24), bytes(32), bytes(64), newWebhookSecret()]) {
    assert.ok(keyOf(good) !== null, good);
  }
  for (
    const bad of ["", "whsec_", bytes(23), bytes(65), btoa("x".repeat(32)), "whsec_ä".repeat(20)]
  ) {
    assert.equal(keyOf(bad), null, bad);
  }
  const made = webhook.prepare!({ url: "https://example.com" });
  assert.ok(webhook.options.safeParse(made).success);
  assert.equal(webhook.prepare!({ secret: "kept" }).secret, "kept");
  assert.notEqual(newWebhookSecret(), newWebhookSecret());
});
