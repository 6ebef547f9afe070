/**
 * Stores readings and sends what is sealed to a history server, until it is killed:
 * `history_kill_child.ts DATABASE SERVER FIRST MOST SETTLE_MS`. Prints how many readings are acknowledged, and `sent`
 * once all of them are and what is sealed was found at the server.
 */
import { startHistory } from "../support/history_site.ts";
import { groupOf, openEngine } from "../support/storage.ts";
import { sabotaged } from "../support/sabotage.ts";
import { readingAt, SEALED_AT } from "./history_kill.ts";

const [url, server, first, most, settleMs] = Deno.args;
const journal = { turnMs: 0, leastBytes: 2_000, mostBytes: 8_000 };
const engine = await openEngine({ url, limits: { sealReadings: SEALED_AT, journal } });
const trusting = sabotaged("early_cursor");
const site = startHistory(engine, server, { settleMs: Number(settleMs), trusting });
const GROUP = 40;
for (let i = Number(first); i < Number(most); i += GROUP) {
  const group = Array.from({ length: GROUP }, (_, k) => readingAt(i + k));
  await engine.store.append(groupOf(group), []);
  console.log(`${i + GROUP}`);
  await new Promise((resolve) => setTimeout(resolve, 10));
}
while (await engine.store.compact());
await site.sent();
console.log("sent");
// Whoever started it kills it.
setInterval(() => {}, 60_000);
