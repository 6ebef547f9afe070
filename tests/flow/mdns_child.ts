/** Two Perches and a client by mDNS, in a network of its own: what it prints is judged by `presence_test.ts`. */
import { Bonjour } from "bonjour-service";
import { systemClock } from "../../lib/base/clock.ts";
import { silentLog } from "../../lib/base/log.ts";
import { createMdns } from "../../lib/presence/mdns.ts";
import { until } from "../support/until.ts";

const ADDRESS = "192.0.2.77";
const NAME = "Perch on pi";

for (
  const args of [
    ["link", "set", "lo", "up", "multicast", "on"],
    ["addr", "add", `${ADDRESS}/32`, "dev", "lo"],
    ["route", "add", "224.0.0.0/4", "dev", "lo"],
  ]
) {
  const { success, stderr } = new Deno.Command("ip", { args }).outputSync();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

const stop = new AbortController();

function run(port: number) {
  const mdns = createMdns({
    clock: systemClock(),
    log: silentLog(),
    announced: () => ({
      ...{ name: NAME, host: "pi", port, address: ADDRESS },
      txt: { id: "hall", v: "1.2.3", path: "/", tls: "0" },
    }),
    avahiRuns: () => Promise.resolve(false),
    addresses: () => [ADDRESS],
  });
  return { mdns, done: mdns.task.run(stop.signal).catch(() => {}) };
}

const bonjour = new Bonjour();
const up = new Map<string, { port: number; txt?: unknown; addresses?: string[] }>();
const browser = bonjour.find({ type: "perch" }, (one) => void up.set(one.name, one));
browser.on("down", ({ name }: { name: string }) => void up.delete(name));
const first = run(8080);
await until("the first", () => up.get(NAME) ?? null);
const second = run(8081);
await until("the second", () => up.get(`${NAME} (2)`) ?? null);
const found = [...up].map(([name, { port, txt, addresses }]) => ({ name, port, txt, addresses }));
stop.abort();
await Promise.all([first.done, second.done]);
await until("their goodbyes", () => up.size === 0 || null);
browser.stop();
bonjour.destroy();
console.log(JSON.stringify({ found, left: up.size }));
Deno.exit(0);
