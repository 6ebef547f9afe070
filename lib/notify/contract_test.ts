/** One suite for every channel: whatever the far side does, the outcome is right and says why. */
import assert from "node:assert/strict";
import { createOutgoing } from "../base/create_outgoing.ts";
import { alarmEvent } from "../../tests/support/events.ts";
import { HOSTILE_TEXTS } from "../../tests/support/hostile_text.ts";
import { makeCertificates } from "../../tests/support/mosquitto.ts";
import { ENTRIES, type Entry, type FarSide } from "../../tests/support/receivers/entries.ts";
import type { Mood } from "../../tests/support/receivers/http.ts";
import { sendContext } from "../../tests/support/send_context.ts";
import type { Channel, Outcome, SendContext } from "./channel.ts";
import { channelOf, CHANNELS } from "./channels/mod.ts";
import { messageOf, type MessageOptions } from "./message_of.ts";
import { optionFields, secretNames } from "../base/options.ts";

const MESSAGE: MessageOptions = { zone: "UTC", publicUrl: "https://perch.example.com" };
const SILENCE_MS = 400;

interface Trial {
  channel: Channel;
  far: FarSide;
  options: Record<string, unknown>;
  send(
    change?: { message?: ReturnType<typeof messageOf>; context?: Partial<SendContext> },
  ): Promise<
    Outcome
  >;
}

/** Below those that are given out: one that was free a moment ago may be that of the next far side. */
const NOBODY = 1;

/** Runs `work` with a channel and its far side; the outcome is checked for what all have in common. */
async function withChannel(
  entry: Entry,
  work: (trial: Trial) => Promise<void>,
  change: { mood?: Mood; host?: string; tls?: boolean; known?: boolean; port?: number } = {},
): Promise<void> {
  const { mood = "good", host = "localhost", tls = false, known = true } = change;
  const folder = await Deno.makeTempDir({ prefix: "perch-channels-" });
  const made = tls ? await makeCertificates(folder) : undefined;
  const far = await entry.start(made);
  far.mood = mood;
  const channel = channelOf(entry.kind)!;
  const options = entry.options(host, change.port ?? far.port, tls);
  const outgoing = createOutgoing({
    allowed: () => [],
    opened: ["127.0.0.1", "::1"],
    ownPorts: () => [],
    ca: made !== undefined && known ? [Deno.readTextFileSync(made.ca)] : [],
    resolve: () => Promise.resolve([{ address: "127.0.0.1", family: 4 as const }]),
  });
  const context = sendContext({ outgoing });
  try {
    await work({
      channel,
      far,
      options,
      async send({ message = messageOf(alarmEvent(), MESSAGE), context: more } = {}) {
        // For each message anew: a hundred of them may take long on a busy host.
        const signal = AbortSignal.timeout(mood === "silent" ? SILENCE_MS : 10_000);
        const outcome = await channel.send(options, message, { ...context, signal, ...more });
        assert.ok(outcome.answer.length > 0 && outcome.answer.length <= 300, outcome.answer);
        for (const name of secretNames(channel.options)) {
          const secret = options[name];
          if (typeof secret !== "string" || secret === "") continue;
          assert.ok(!outcome.answer.includes(secret), `${name} in: ${outcome.answer}`);
        }
        return outcome;
      },
    });
  } finally {
    await far.close();
    await Deno.remove(folder, { recursive: true });
  }
}

/** MQTT has no connection of its own: tests/flow/mqtt_publish_test.ts; push has one per browser: push_test.ts. */
const ELSEWHERE = ["mqtt", "push"];

Deno.test("contract: every channel has its far side in the suite", () => {
  assert.deepEqual(
    [...ENTRIES.map((entry) => entry.kind), ...ELSEWHERE].sort(),
    CHANNELS.map((channel) => channel.kind).sort(),
  );
});

for (const entry of ENTRIES) {
  const { kind } = entry;
  const knows = (mood: Mood) => !(entry.without ?? []).includes(mood);
  const test = (what: string, work: () => Promise<void>) => Deno.test(`${kind}: ${what}`, work);

  test("a good answer is delivered", () =>
    withChannel(entry, async ({ send, far }) => {
      assert.equal((await send()).state, "delivered");
      assert.equal(far.accepted(), 1);
    }));

  test("hostile texts arrive as text, and are taken", () =>
    withChannel(entry, async ({ send, far }) => {
      for (const text of HOSTILE_TEXTS) {
        const message = messageOf(alarmEvent({ text }), MESSAGE);
        const outcome = await send({ message });
        assert.equal(outcome.state, "delivered", `${text}: ${outcome.answer}`);
      }
      assert.equal(far.accepted(), HOSTILE_TEXTS.length);
    }));

  test("a message longer than the service takes is cut, not refused", () =>
    withChannel(entry, async ({ send }) => {
      const text = "x".repeat(20_000);
      const message = messageOf(alarmEvent({ text, body: { note: "y".repeat(50_000) } }), MESSAGE);
      const outcome = await send({ message });
      assert.equal(outcome.state, "delivered", outcome.answer);
    }));

  if (knows("rate limited")) {
    test("a rate limit is kept, for as long as it was asked", () =>
      withChannel(entry, async ({ send }) => {
        const outcome = await send();
        assert.equal(outcome.state, "retry", outcome.answer);
        if (kind === "email") return;
        const { afterMs } = outcome as { afterMs?: number };
        assert.ok(afterMs === 7000 || afterMs === 6500, String(afterMs));
      }, { mood: "rate limited" }));
  }

  test("an error is tried again, and its words are told", () =>
    withChannel(entry, async ({ send }) => {
      const outcome = await send();
      assert.equal(outcome.state, "retry");
      assert.match(outcome.answer, /^[45]\d\d .{3,}/);
    }, { mood: "broken" }));

  if (knows("lying")) {
    test("an error behind a 200 is not taken for delivered, and is shown", () =>
      withChannel(entry, async ({ send }) => {
        const outcome = await send();
        assert.ok(outcome.state === "failed" || outcome.state === "retry", outcome.state);
        assert.match(outcome.answer, /not|lies|filtered|error|Sign in/);
      }, { mood: "lying" }));
  }

  if (knows("gone")) {
    test("410 ends the channel", () =>
      withChannel(entry, async ({ send }) => {
        assert.equal((await send()).state, "gone");
      }, { mood: "gone" }));
  }

  if (knows("redirecting")) {
    test("a redirect is not followed", () =>
      withChannel(entry, async ({ send, far }) => {
        const outcome = await send();
        assert.equal(outcome.state, "failed");
        assert.match(outcome.answer, /redirect/);
        assert.equal(far.seen(), 1);
      }, { mood: "redirecting" }));
  }

  if (knows("huge")) {
    test("10 MB of answer are cut off", () =>
      withChannel(entry, async ({ send }) => {
        const before = Deno.memoryUsage().rss;
        const outcome = await send();
        // Status 200 is all that a plain web hook says.
        assert.equal(
          outcome.state,
          kind === "webhook" || kind === "discord" || kind === "teams" ? "delivered" : "retry",
        );
        assert.ok(Deno.memoryUsage().rss - before < 80e6);
      }, { mood: "huge" }));
  }

  test("no answer at all ends with the time, and is tried again", () =>
    withChannel(entry, async ({ send }) => {
      const startedMs = performance.now();
      assert.equal((await send()).state, "retry");
      assert.ok(performance.now() - startedMs < SILENCE_MS + 4000);
    }, { mood: "silent" }));

  test("a connection that breaks is tried again", () =>
    withChannel(entry, async ({ send }) => {
      assert.equal((await send()).state, "retry");
    }, { mood: "hanging up" }));

  test("nobody there is tried again, and says so", () =>
    withChannel(entry, async ({ send }) => {
      const outcome = await send();
      assert.equal(outcome.state, "retry");
      assert.match(outcome.answer, /refused/i);
    }, { port: NOBODY }));

  test("TLS with a known authority is delivered", () =>
    withChannel(entry, async ({ send }) => {
      const outcome = await send();
      assert.equal(outcome.state, "delivered", outcome.answer);
    }, { tls: true }));

  test("a certificate of another name is refused before anything is said", () =>
    withChannel(entry, async ({ send, far }) => {
      const outcome = await send();
      assert.equal(outcome.state, "retry");
      assert.match(outcome.answer, /other\.example.*altnames|certificate/i);
      assert.equal(far.accepted(), 0);
    }, { tls: true, host: "other.example" }));

  test("a certificate of an unknown authority is refused", () =>
    withChannel(entry, async ({ send, far }) => {
      const outcome = await send();
      assert.equal(outcome.state, "retry");
      assert.match(outcome.answer, /certificate/i);
      assert.equal(far.accepted(), 0);
    }, { tls: true, known: false }));

  test("what the guard closes fails for good, and nothing arrives", () =>
    withChannel(entry, async ({ send, far }) => {
      const closed = createOutgoing({ allowed: () => [], opened: [], ownPorts: () => [] });
      const outcome = await send({ context: { outgoing: closed } });
      assert.equal(outcome.state, "failed");
      assert.match(outcome.answer, /may not be connected to/);
      assert.equal(far.seen(), 0);
    }));

  test("options that do not fit are a failure that names them", () =>
    withChannel(entry, async ({ channel }) => {
      const message = messageOf(alarmEvent(), MESSAGE);
      const outcome = await channel.send({ stranger: 1 }, message, {} as SendContext);
      assert.equal(outcome.state, "failed");
      assert.match(outcome.answer, /are no longer valid/);
    }));
}

Deno.test("every channel: kinds differ, options are titled, credentials are secret, strangers refused", () => {
  const kinds = CHANNELS.map((channel) => channel.kind);
  assert.equal(new Set(kinds).size, kinds.length);
  for (const { kind, options } of CHANNELS) {
    for (const { name, title } of optionFields(options)) {
      assert.notEqual(title, name, `${kind}.${name}`);
    }
    const credentials = Object.keys(options.shape).filter((name) =>
      /secret|token|password|key|authorization/i.test(name)
    );
    assert.deepEqual(credentials.filter((name) => !secretNames(options).includes(name)), [], kind);
    const issues = options.safeParse({ stranger: 1 }).error?.issues ?? [];
    assert.ok(issues.some((issue) => issue.code === "unrecognized_keys"), kind);
  }
});
