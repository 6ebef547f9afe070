/** What every dialect that is built with the kit does with what nobody meant to send. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { underTest } from "../../../../tests/support/devices/fake_directory.ts";
import { nameFault } from "../../../machines/names.ts";
import { REJECT_CODES } from "../../../readings/reading.ts";
import { createChirpStack } from "../chirpstack.ts";
import type { CreateDeviceDialect } from "../device.ts";
import { createOpenMqttGateway } from "../radio/open_mqtt_gateway.ts";
import { createRtl433 } from "../radio/rtl_433.ts";
import { createShelly } from "../shelly/mod.ts";
import { createTasmota } from "../tasmota/mod.ts";

const TIME = "2026-03-01T09:00:00";
const MAC = "020000000003";
const EUI = "0000000000000001";
const SHELLY = "shellyplus1pm-020000000004";
const notified = (params: object) => ({ src: SHELLY, method: "NotifyFullStatus", params });

/** Good messages of each; the others are made from them. */
const GOOD: [create: CreateDeviceDialect, messages: [topic: string, payload: unknown][]][] = [
  [createTasmota, [
    [`tasmota/discovery/${MAC}/config`, {
      ...{ dn: "Shop", fn: ["a", null], hn: "h", mac: MAC, md: "G", sw: "14", t: "shop1" },
      ...{ ft: "%prefix%/%topic%/", tp: ["cmnd", "stat", "tele"], rl: [1, 1], so: { 4: 0 } },
    }],
    [`tasmota/discovery/${MAC}/sensors`, { sn: { Time: TIME, A: { Temperature: 1 } } }],
    ["tele/shop1/SENSOR", {
      ...{ Time: TIME, A: { Temperature: 1, Id: "00AA00000001" }, ENERGY: { Power: [1, 2] } },
      ...{ TempUnit: "C", ZbReceived: { "0x1A2B": { Device: "0x1A2B", Temperature: 4 } } },
    }],
    ["tele/shop1/SENSOR", { Time: TIME, A: { Temperature: 1, Id: "00AA00000001" } }],
    ["tele/shop1/STATE", { Time: TIME, Uptime: "1T02:03:04", POWER1: "ON", Wifi: { RSSI: 84 } }],
    ["stat/shop1/RESULT", { POWER1: "ON" }],
    ["stat/shop1/POWER1", "ON"],
    ["tele/shop1/LWT", "Online"],
  ]],
  [createShelly, [
    [
      `${SHELLY}/events/rpc`,
      notified({
        ...{ ts: 1767225600.52, "switch:0": { id: 0, output: true, aenergy: { total: 1 } } },
        ...{ "temperature:0": { tC: 6.9 }, sys: { wakeup_reason: { boot: "deepsleep_wake" } } },
      }),
    ],
    [`${SHELLY}/status/switch:0`, {
      id: 0,
      output: false,
      temperature: { tC: 41.2 },
      errors: ["x"],
    }],
    [`${SHELLY}/online`, "true"],
    ["shellies/announce", { id: "shelly1-00AA01", mac: "02000000AA01", model: "SHSW-1" }],
    ["shellies/shelly1-00AA01/relay/0", "on"],
    ["shellies/shelly1-00AA01/relay/0/energy", "120"],
    ["shellies/shelly1-00AA01/info", { wifi_sta: { rssi: -1 }, bat: { value: 3 } }],
  ]],
  [createRtl433, [
    ["rtl_433/h/events", {
      ...{ time: TIME, model: "Own-TH", id: 42, channel: 1, battery_ok: 1, temperature_C: 4.2 },
    }],
    ["rtl_433/h/devices/Own-TH/1/42/temperature_C", "4.2"],
  ]],
  [createOpenMqttGateway, [
    ["home/g/BTtoMQTT/02AA00000001", { id: "02:AA:00:00:00:01", tempc: 5, hum: 40, unit: "kg" }],
    ["home/g/RTL_433toMQTT", { model: "Own-TH", id: 42, temperature_C: 4.2 }],
    ["home/g/SYStoMQTT", { mac: "02:00:00:00:00:0A", version: "1", uptime: 3 }],
    ["home/g/CLIMAtoMQTT/dht1", { tempc: 20 }],
    ["home/g/LWT", "online"],
  ]],
  [createChirpStack, [
    [`application/1/device/${EUI}/event/up`, {
      ...{ time: `${TIME}Z`, deviceInfo: { deviceName: "silo", devEui: EUI } },
      ...{ object: { level: 71.5, x: { y: [1] } }, rxInfo: [{ rssi: -101, snr: 6.2 }], fCnt: 12 },
    }],
    [`application/1/device/${EUI}/event/status`, { batteryLevel: 3, margin: 4 }],
  ]],
];

const NASTY: unknown[] = [
  ...[
    null,
    true,
    -0,
    1e308,
    2 ** 60,
    "",
    " ",
    "nan",
    "\u0000",
    "../..",
    "a/b",
    "+",
    "#",
    "constructor",
  ],
  ...["__proto__", "x".repeat(5_000), [], [[]], {}, { constructor: 1 }, { toString: null }],
];
const anything = fc.oneof(
  fc.constantFrom(...NASTY),
  fc.jsonValue({ maxDepth: 3 }),
);

/** A value with one of its parts replaced, or a key of it renamed. */
function spoiled(json: unknown, at: number, by: unknown): unknown {
  const places: (string | number)[][] = [];
  const walk = (value: unknown, path: (string | number)[]) => {
    places.push(path);
    if (typeof value !== "object" || value === null) return;
    for (const key of Object.keys(value)) walk((value as never)[key], [...path, key]);
  };
  walk(json, []);
  const path = places[at % places.length];
  if (path.length === 0) return by;
  const copy = structuredClone(json) as Record<string, unknown>;
  let inner = copy;
  for (const key of path.slice(0, -1)) inner = inner[key] as Record<string, unknown>;
  const last = path[path.length - 1];
  const name = typeof by === "string" && at % 3 === 0 ? by : last;
  const value = name === by ? inner[last] : by;
  delete inner[last];
  Object.defineProperty(inner, name, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  });
  return copy;
}

for (const [create, messages] of GOOD) {
  const { dialect } = underTest(create);
  Deno.test(`${dialect.name}: messages that were spoiled are refused soundly, and good ones still taken`, () => {
    const one = fc.tuple(fc.nat(), fc.nat(), anything, fc.uint8Array({ maxLength: 40 }), fc.nat(3));
    fc.assert(
      fc.property(fc.array(one, { minLength: 1, maxLength: 8 }), (spoils) => {
        let site = underTest(create);
        for (const [which, at, by, bytes, how] of spoils) {
          const [topic, payload] = messages[which % messages.length];
          const decoded = site.decode(
            how === 1 ? topic.replace(/[^/]+$/, (JSON.stringify(by) ?? "").slice(0, 30)) : topic,
            how === 0 ? bytes : spoiled(payload, at, by),
          );
          for (const { sensor, value, tMs } of decoded?.drafts ?? []) {
            assert.equal(nameFault(sensor), null);
            if (typeof value === "number") assert.ok(Number.isFinite(value), `${topic} ${value}`);
            if (tMs !== undefined) assert.ok(Number.isInteger(tMs));
          }
          for (const { code, message } of decoded?.rejects ?? []) {
            assert.ok(REJECT_CODES.includes(code));
            assert.ok(message.length < 400, message);
          }
          // What was kept of it is what a restart has to live with.
          if (how === 3) site = site.restarted();
          [...site.dialect.topics?.() ?? []].forEach((topic) => assert.ok(topic.length < 2_000));
        }
        for (const [topic, payload] of messages) assert.notEqual(site.decode(topic, payload), null);
      }),
      { numRuns: 120 },
    );
  });
}
