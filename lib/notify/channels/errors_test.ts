/** What the services' own errors lead to; the receivers answer as their documentation says. */
import assert from "node:assert/strict";
import { alarmEvent } from "../../../tests/support/events.ts";
import * as chat from "../../../tests/support/receivers/chat.ts";
import {
  type Answer,
  jsonBody,
  type Protocol,
  type Receiver,
  startReceiver,
} from "../../../tests/support/receivers/http.ts";
import { TWILIO, TWILIO_NUMBERS, twilioApi } from "../../../tests/support/receivers/twilio.ts";
import { sendContext } from "../../../tests/support/send_context.ts";
import { Secret } from "../../base/secret.ts";
import type { Channel, Outcome } from "../channel.ts";
import { messageOf } from "../message_of.ts";
import { channelOf } from "./mod.ts";

const MESSAGE = messageOf(alarmEvent(), { zone: "UTC", publicUrl: "https://perch.example.com" });

async function withService(
  kind: string,
  protocol: Protocol,
  work: (
    receiver: Receiver,
    send: (options: Record<string, unknown>, message?: typeof MESSAGE) => Promise<Outcome>,
    channel: Channel,
  ) => Promise<void>,
): Promise<void> {
  const receiver = startReceiver(protocol);
  const channel = channelOf(kind)!;
  try {
    await work(
      receiver,
      (options, message = MESSAGE) => channel.send(options, message, sendContext()),
      channel,
    );
  } finally {
    await receiver.close();
  }
}

/** A service that gives one answer to everything. */
const always = (answer: Answer): Protocol => ({
  answer: () => answer,
  rateLimited: answer,
  broken: answer,
  lie: answer,
});

Deno.test("sms: what Twilio refuses for good and what passes", () =>
  withService("sms", twilioApi, async ({ url, accepted }, send) => {
    const options = { server: url, ...TWILIO, from: "+15005550006" };
    const expected: [Record<string, unknown>, Outcome["state"], RegExp][] = [
      [{ to: TWILIO_NUMBERS.good }, "delivered", /201 queued SM/],
      [{ to: "+1 (500) 555-0006" }, "delivered", /201 queued SM/],
      [{ to: TWILIO_NUMBERS.invalid }, "failed", /not a valid phone number\. \(21211\)/],
      [{ to: TWILIO_NUMBERS.cannotReceive }, "failed", /21614/],
      [{ to: TWILIO_NUMBERS.good, token: "wrong" }, "failed", /401 Authenticate \(20003\)/],
      [{ to: TWILIO_NUMBERS.good, from: "MG123" }, "delivered", /201/],
    ];
    for (const [change, state, words] of expected) {
      const outcome = await send({ ...options, ...change });
      assert.equal(outcome.state, state, outcome.answer);
      assert.match(outcome.answer, words);
    }
    const form = new URLSearchParams(accepted[0].body);
    assert.equal(form.get("Body"), "CRITICAL Press 3: bearing 83.4 °C is above critical 80 °C");
    assert.equal(new URLSearchParams(accepted[1].body).get("To"), TWILIO_NUMBERS.good);
    assert.equal(new URLSearchParams(accepted[2].body).get("MessagingServiceSid"), "MG123");
    await send({ ...options, to: TWILIO_NUMBERS.good }, { ...MESSAGE, title: "x".repeat(500) });
    assert.equal(new URLSearchParams(accepted.at(-1)!.body).get("Body")!.length, 134);
  }));

Deno.test("sms: Twilio's queue being full and its own limit pass, whatever the status", async () => {
  const body = (code: number) => ({ code, message: "later", more_info: "", status: 400 });
  for (const code of [20429, 21611, 30022]) {
    await withService("sms", always({ status: 400, body: body(code) }), async ({ url }, send) => {
      const outcome = await send({ server: url, ...TWILIO, from: "x", to: TWILIO_NUMBERS.good });
      assert.deepEqual(outcome, { state: "retry", answer: `400 later (${code})` });
    });
  }
});

Deno.test("slack: error strings of webhooks, and of answers with ok", async () => {
  const expected: [Answer, Outcome["state"]][] = [
    [{ status: 200, body: "ok" }, "delivered"],
    [{ status: 200, body: { ok: true } }, "delivered"],
    [{ status: 200, body: { success: true } }, "delivered"],
    [{ status: 400, body: "invalid_payload" }, "failed"],
    [{ status: 403, body: "action_prohibited" }, "failed"],
    [{ status: 404, body: "no_service" }, "failed"],
    [{ status: 410, body: "channel_is_archived" }, "gone"],
    [{ status: 500, body: "rollup_error" }, "retry"],
    [{ status: 200, body: { ok: false, error: "ratelimited" } }, "retry"],
    [{ status: 200, body: { ok: false, error: "invalid_auth" } }, "failed"],
    [{ status: 200, body: "<html>" }, "retry"],
    [{ status: 200, body: "" }, "retry"],
  ];
  for (const [answer, state] of expected) {
    await withService("slack", always(answer), async ({ url }, send) => {
      const outcome = await send({ url });
      assert.equal(outcome.state, state, JSON.stringify(answer));
    });
  }
});

Deno.test("slack: the environment's address, which is not judged and never shown", () =>
  withService("slack", chat.slackHook, async ({ url, accepted }, _, channel) => {
    const { createOutgoing } = await import("../../base/create_outgoing.ts");
    const closed = createOutgoing({ allowed: () => [], opened: [], ownPorts: () => [] });
    const smtp = { server: null, port: 587, sender: null, password: null, recipient: null };
    const slackUrl = new Secret(`${url}/services/T0/B0/canary`);
    const context = sendContext({ outgoing: closed, environment: { smtp, slackUrl } });
    assert.deepEqual(await channel.send({}, MESSAGE, context), {
      state: "delivered",
      answer: "200 ok",
    });
    assert.equal(accepted.length, 1);
    const without = await channel.send({}, MESSAGE, sendContext());
    assert.equal(without.state, "failed");
    assert.match(without.answer, /no SLACK_WEBHOOK_URL/);
  }));

Deno.test("slack: signs that mean something there are escaped", () =>
  withService("slack", chat.slackHook, async ({ url, accepted }, send) => {
    const title = "<!channel> <https://evil.example|x> & co";
    await send({ url: `${url}/services/T0/B0/x` }, { ...MESSAGE, title });
    const body = jsonBody(accepted[0])!;
    assert.equal(
      body.text,
      "CRITICAL: &lt;!channel&gt; &lt;https://evil.example|x&gt; &amp; co",
    );
  }));

Deno.test("ntfy: priority, tags, click and token are those of the message", () =>
  withService("ntfy", chat.ntfyServer, async ({ url, accepted }, send) => {
    const options = { server: url, topic: "secret", token: "tk_good" };
    await send(options);
    const { priority, tags, click, title } = jsonBody(accepted[0])!;
    assert.deepEqual([priority, tags, click, title], [
      5,
      ["rotating_light"],
      MESSAGE.link,
      MESSAGE.title,
    ]);
    await send(options, { ...MESSAGE, kind: "resolved" });
    assert.deepEqual(jsonBody(accepted[1])!.tags, ["white_check_mark"]);
    const refused = await send({ ...options, token: "tk_bad" });
    assert.equal(refused.state, "failed");
    assert.match(refused.answer, /^403 .*forbidden/);
  }));

Deno.test("telegram: a blocked bot and a wrong token fail, in Telegram's words", () =>
  withService("telegram", chat.telegramApi, async ({ url }, send) => {
    const wrong = await send({ server: url, token: "1:" + "x".repeat(30), chat: "42" });
    assert.deepEqual(wrong, { state: "failed", answer: "401 Unauthorized" });
    const nobody = await send({ server: url, token: chat.TELEGRAM_TOKEN, chat: "43" });
    assert.deepEqual(nobody, { state: "failed", answer: "400 Bad Request: chat not found" });
  }));

Deno.test("discord: a webhook that was deleted is gone; nobody can be called by a name", () =>
  withService("discord", chat.discordHook, async ({ url, accepted }, send) => {
    assert.equal((await send({ url: `${url}/api/webhooks/1/other` })).state, "gone");
    await send({ url: `${url}/api/webhooks/1/token` }, { ...MESSAGE, title: "@everyone **x**" });
    const body = jsonBody(accepted[0])!;
    assert.deepEqual(body.allowed_mentions, { parse: [] });
    assert.match(JSON.stringify(body.embeds), /\\\\\*\\\\\*x/);
  }));

Deno.test("teams: an old connector's 200 with an error inside is read", async () => {
  const said = (status: number) =>
    `Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error ${status} with ContextId x`;
  const expected: [string, Outcome["state"]][] = [
    ["1", "delivered"],
    [said(429), "retry"],
    [said(500), "retry"],
    [said(413), "failed"],
    ["Summary or Text is required. Bad payload: error", "retry"],
  ];
  for (const [body, state] of expected) {
    await withService("teams", always({ status: 200, body }), async ({ url }, send) => {
      assert.equal((await send({ url })).state, state, body);
    });
  }
});

Deno.test("webhook: what a receiver answers while it is deployed is tried again", async () => {
  const { newWebhookSecret } = await import("./webhook_signature.ts");
  for (const status of [400, 401, 403, 404, 405, 422]) {
    await withService("webhook", always({ status, body: "no" }), async ({ url }, send) => {
      const outcome = await send({ url, secret: newWebhookSecret() });
      assert.deepEqual(outcome, { state: "retry", answer: `${status} no` });
    });
  }
});
