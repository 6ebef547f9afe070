import assert from "node:assert/strict";
import type { SendContext } from "../channel.ts";
import type { Message } from "../message.ts";
import type { PushBrowser } from "../push/browsers.ts";
import { createVapid } from "../push/vapid.ts";
import { push } from "./push.ts";

const KEYS = {
  p256dh: "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
  auth: "BTBZMqHH6r4Tts7J_aSIgg",
};
const browser = (id: string, lastUsedMs: number | null): PushBrowser => ({
  ...{ id, sessionId: "s1", userId: id, endpoint: `https://push.example.com/${id}`, ...KEYS },
  ...{ agent: "", createdMs: 0, lastUsedMs },
});

Deno.test("push: browsers whose service does not answer hold up nobody, and nobody hears twice", async () => {
  let nowMs = 0;
  const slow = Array.from({ length: 60 }, (_, i) => browser(`slow-${i}`, null));
  const vapid = await createVapid("B".repeat(43));
  const asked: string[] = [];
  const used: string[] = [];
  const outcome = await push.send({}, MESSAGE, {
    clock: { now: () => nowMs, monotonic: () => nowMs },
    signal: new AbortController().signal,
    environment: { smtp: {} },
    push: {
      browsersOf: () => Promise.resolve([...slow, browser("ada", 1)]),
      used: (id: string) => Promise.resolve(void used.push(id)),
      vapid: () => Promise.resolve(vapid),
    },
    outgoing: {
      fetch(endpoint: string, { timeoutMs = 10_000 }: { timeoutMs?: number }) {
        asked.push(endpoint);
        if (endpoint.endsWith("/ada")) {
          return Promise.resolve({ status: 201, text: "", headers: {} });
        }
        // Those that are asked together are waited for together.
        nowMs += timeoutMs / 16;
        return Promise.reject(new Error("did not answer"));
      },
    },
  } as unknown as SendContext);
  assert.deepEqual(used, ["ada"]);
  assert.equal(outcome.state, "retry");
  const remaining = outcome.state === "retry" ? outcome.remaining ?? [] : [];
  assert.equal(remaining.length, 60);
  assert.ok(!remaining.includes("browser:ada"), "who has it does not hear it again");
  assert.ok(asked.length < 61, "the others wait for the next try");
  assert.ok(nowMs < 30_000, "within the time that the channel has");
});

const MESSAGE = {
  ...{ title: "Press 3", lines: ["hot"], to: [], thread: null, event: null, facts: [] },
} as unknown as Message;
