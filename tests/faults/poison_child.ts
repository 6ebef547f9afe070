/**
 * Offers three large messages and a small one to an intake, as a broker would after each start; one of them ends
 * the process, while it is decoded (`decode`) or while it is stored (`store`). Prints what became of them.
 * `SABOTAGE=poison`: nothing is noted.
 */
import { silentLog } from "../../lib/base/log.ts";
import { createClockNotes } from "../../lib/intake/clock_notes.ts";
import { RetainedMarks } from "../../lib/intake/retained_store.ts";
import { createIntake } from "../../lib/intake/create_intake.ts";
import { openPoisonWatch } from "../../lib/intake/poison.ts";
import { createRejectLog } from "../../lib/intake/rejects.ts";
import { createRegistry } from "../../lib/machines/registry.ts";
import { systemClock } from "../../lib/base/clock.ts";
import { sabotaged } from "../support/sabotage.ts";

const [dataDir, stage] = Deno.args;
const clock = systemClock();
let poisonous = false;

function end(): void {
  Deno.kill(Deno.pid, "SIGKILL");
  // The signal comes while this waits.
  for (;;);
}

const watch = openPoisonWatch({
  dataDir,
  boot: "test",
  onError: (error) => console.error(error),
  onAside: ({ topic }, file) => console.error(`aside ${topic} ${file}`),
});
const intake = await createIntake({
  clock,
  log: silentLog(),
  registry: createRegistry({ clock, rows: { machines: [], sensors: [], states: [], last: [] } }),
  rejects: createRejectLog(),
  clockNotes: createClockNotes(),
  retained: new RetainedMarks(),
  deadLetters: { append: () => Promise.resolve(), close: () => Promise.resolve() },
  poison: sabotaged("poison")
    ? { ...watch, begin: () => ({ do: "read", noted: null }) as const }
    : watch,
  publish: () => {},
  commitIntervalMs: 5,
  db: { query: () => Promise.resolve({ columns: [], rows: [], rowsAffected: 0 }) },
  decode(topic, payload) {
    poisonous ||= payload[0] === 0x70;
    if (poisonous && stage === "decode") end();
    return { drafts: [{ sensor: topic, value: payload.length }], rejects: [] };
  },
  store: {
    recentPackets: () => Promise.resolve([]),
    append() {
      if (poisonous && stage === "store") end();
      return Promise.resolve({ groupId: 1, duplicate: null });
    },
  },
});

const outcomes: Record<string, string> = {};
const messages = [
  { topic: "a/large", payload: new Uint8Array(40_000).fill(0x61) },
  { topic: "a/poison", payload: new Uint8Array(40_000).fill(0x70) },
  { topic: "a/other", payload: new Uint8Array(50_000).fill(0x62) },
  { topic: "a/small", payload: new Uint8Array(10) },
];
const settled = Promise.withResolvers<void>();
let next = 0;
function offer(): void {
  for (; next < messages.length; next++) {
    const message = messages[next];
    const done = (outcome: string) => {
      outcomes[message.topic] = outcome;
      if (Object.keys(outcomes).length === messages.length) settled.resolve();
    };
    if (!intake.offer({ source: "test", ...message, done })) return;
  }
}
intake.onRoom(() => queueMicrotask(offer));
offer();
await settled.promise;
await intake.close();
watch.close();
console.log(JSON.stringify({ outcomes, quarantine: watch.quarantine() }));
