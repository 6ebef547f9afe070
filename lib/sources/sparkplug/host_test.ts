import assert from "node:assert/strict";
import { encodeRebirth } from "./encode.ts";
import type { Effect, Heard } from "./heard.ts";
import { Host } from "./host.ts";
import { decodePayload, type Payload } from "./payload.ts";
import { sparkplugByDefault } from "./topic.ts";
import { WireWriter } from "./wire.ts";

/* Cases with their bytes (B1 to B9), and what else an edge node may do. */

const NODE = "spBv1.0/Plant/NBIRTH/Press";
const topic = (type: string, device?: string) =>
  `spBv1.0/Plant/${type}/Press${device === undefined ? "" : `/${device}`}`;
const bytes = (hex: string) =>
  Uint8Array.from(hex.match(/../g)!, (pair) => Number.parseInt(pair, 16));

const B1 = "0880909282e73312120a0562645365711880909282e73320085807";
const B2 =
  "0880909282e73312120a0562645365711880909282e7332008580712210a144e6f646520436f6e74726f6c" +
  "2f526562697274681880909282e733200b7000123a0a10526f6f6d2f54656d706572617475726510011880909282e733" +
  "200a4a120a07656e67556e69741207080c4203c2b0436900000000008035401800";
const B3 =
  "0885909282e733121a0a0a50756d702f5370656564100a1885909282e733200350aa0b121b0a0c50756d70" +
  "2f52756e6e696e67100b1885909282e733200b7001121e0a0b50756d702f4f6666736574100c1885909282e733200150" +
  "fbffffff0f121c0a0950756d702f4d6f6465100d1885909282e733200c7a046175746f1801";
const B4 = "08e8979282e7331212100118e8979282e733690000000000c035401802";
const B5 =
  "08f2979282e733120c100a18e8979282e73350b60b120c100a18ed979282e73350b70b120b100c18f2979282" +
  "e73338011803";
const B6 = "08d09f9282e733120e100a18a0bb8e82e733280150f90a1804";
const B7 = "08b8a79282e733120c100a18b8a79282e73350be0b1806";
const B8 = "08acab9282e73312210a144e6f646520436f6e74726f6c2f5265626972746818acab9282e733200b7001";
const B9 = "08a0af9282e7331807";

function setup(options = { reorderMs: () => 2_000 }) {
  const host = new Host(options);
  let nowMs = 0;
  return {
    host,
    pass: (ms: number) => (nowMs += ms, host.due(nowMs)),
    hear: (to: string, hex: string | Uint8Array) =>
      host.take(to, typeof hex === "string" ? bytes(hex) : hex, nowMs)!,
  };
}

function born() {
  const it = setup();
  it.hear(NODE, B2);
  it.hear(topic("DBIRTH", "P1"), B3);
  return it;
}

const tMsOf = (hex: string) => (decodePayload(bytes(hex)) as Payload).tMs!;
const values = ({ readings }: Heard) => readings.map(({ uid, value }) => [uid, value]);
const asks = (effects: Effect[]) => effects.filter((effect) => effect.do === "rebirth");
const reach = ({ effects }: Heard) =>
  effects.flatMap((effect) => effect.do === "available" ? [[effect.uid, effect.available]] : []);

/** A message of own making: metrics as `[name, alias, type, value]`; booleans and numbers. */
function message(seq: number | null, metrics: [string | null, number | null, number, number][]) {
  const writer = new WireWriter().uint(1, 1_772_355_600_000);
  for (const [name, alias, type, value] of metrics) {
    const metric = new WireWriter();
    if (name !== null) metric.text(1, name);
    if (alias !== null) metric.uint(2, alias);
    if (type !== 0) metric.uint(4, type);
    writer.bytes(2, metric.uint(type === 11 ? 14 : type === 8 ? 11 : 10, value).done());
  }
  return (seq === null ? writer : writer.uint(3, seq)).done();
}

Deno.test("sparkplug: B2, a node's birth announces the node, one sensor and the request for a rebirth", () => {
  const { hear } = setup();
  const heard = hear(NODE, B2);
  const announced = heard.effects.find((effect) => effect.do === "announce")!;
  assert.deepEqual(announced.device, { uid: "sp:Plant/Press", name: "Press", area: "Plant" });
  assert.deepEqual(announced.entities.map(({ uid, kind, unit }) => [uid, kind, unit]), [
    ["sp:Plant/Press//Node Control/Rebirth", null, undefined],
    ["sp:Plant/Press//Room/Temperature", "number", "°C"],
  ]);
  assert.equal(announced.entities[0].order?.kind, "button");
  assert.deepEqual(reach(heard), [["sp:Plant/Press", true]]);
  assert.deepEqual(heard.readings, [{
    uid: "sp:Plant/Press//Room/Temperature",
    value: 21.5,
    tMs: tMsOf(B2),
    unit: "°C",
    historical: false,
  }]);
});

Deno.test("sparkplug: B3, a device's values are cut to their width", () => {
  const { hear } = setup();
  hear(NODE, B2);
  assert.deepEqual(values(hear(topic("DBIRTH", "P1"), B3)), [
    ["sp:Plant/Press/P1/Pump/Speed", 1450],
    ["sp:Plant/Press/P1/Pump/Running", true],
    ["sp:Plant/Press/P1/Pump/Offset", -5],
    ["sp:Plant/Press/P1/Pump/Mode", "auto"],
  ]);
});

Deno.test("sparkplug: B4 to B6, data by alias: times of their own, a gap, and what was so earlier", () => {
  const { hear } = born();
  assert.deepEqual(values(hear(topic("NDATA"), B4)), [["sp:Plant/Press//Room/Temperature", 21.75]]);
  const two = hear(topic("DDATA", "P1"), B5);
  assert.deepEqual(two.readings.map(({ value }) => value), [1462, 1463]);
  assert.equal(two.readings[1].tMs! - two.readings[0].tMs!, 5);
  assert.deepEqual(two.rejects, []);
  const [past] = hear(topic("DDATA", "P1"), B6).readings;
  assert.equal(past.value, 1401);
  assert.equal(past.historical, true);
  assert.ok(past.tMs! < two.readings[0].tMs!);
});

Deno.test("sparkplug: B7, a message out of order is kept, and after two seconds a rebirth is asked for", () => {
  const { hear, pass } = born();
  hear(topic("NDATA"), B4);
  hear(topic("DDATA", "P1"), B5);
  hear(topic("DDATA", "P1"), B6);
  assert.deepEqual(values(hear(topic("DDATA", "P1"), B7)), [[
    "sp:Plant/Press/P1/Pump/Speed",
    1470,
  ]]);
  assert.deepEqual(asks(pass(1_999)), []);
  assert.deepEqual(asks(pass(1)), [{ do: "rebirth", group: "Plant", node: "Press" }]);
});

Deno.test("sparkplug: B8, the request for a rebirth, byte for byte", () => {
  assert.deepEqual(encodeRebirth(tMsOf(B8)), bytes(B8));
});

Deno.test("sparkplug: B1 and B9, deaths: what cannot be reached any more", () => {
  const { hear } = born();
  assert.deepEqual(reach(hear(topic("DDEATH", "P1"), B9)), [["sp:Plant/Press/P1", false]]);
  hear(topic("DBIRTH", "P1"), B3);
  assert.deepEqual(reach(hear(topic("NDEATH"), B1)), [
    ["sp:Plant/Press", false],
    ["sp:Plant/Press/P1", false],
  ]);
});

Deno.test("sparkplug: a death of another bdSeq is a late will and changes nothing", () => {
  const { hear } = born();
  assert.deepEqual(reach(hear(topic("NDEATH"), message(null, [["bdSeq", null, 8, 6]]))), []);
  assert.deepEqual(values(hear(topic("NDATA"), B4)), [["sp:Plant/Press//Room/Temperature", 21.75]]);
});

Deno.test("sparkplug: data before a birth, of an unborn device, or by an unknown alias asks for a rebirth", () => {
  const unborn = setup();
  assert.deepEqual(values(unborn.hear(topic("NDATA"), B4)), []);
  assert.equal(asks(unborn.pass(0)).length, 1);

  const device = setup();
  device.hear(NODE, B2);
  assert.deepEqual(values(device.hear(topic("DDATA", "P9"), message(1, [[null, 1, 3, 5]]))), []);
  assert.equal(asks(device.pass(0)).length, 1);

  const alias = born();
  const heard = alias.hear(topic("NDATA"), message(2, [[null, 99, 3, 5], [null, 1, 10, 0]]));
  assert.deepEqual(heard.rejects, []);
  assert.equal(asks(alias.pass(0)).length, 1);
});

Deno.test("sparkplug: names alone, name and alias, alias alone mean the same metric", () => {
  const { hear } = born();
  const forms: [string | null, number | null, number, number][] = [
    ["Pump/Speed", null, 0, 1],
    ["Pump/Speed", 10, 3, 2],
    [null, 10, 0, 3],
  ];
  const heard = hear(topic("DDATA", "P1"), message(2, forms));
  assert.deepEqual(heard.readings.map(({ value }) => value), [1, 2, 3]);
  // Of the node, not of this device.
  assert.deepEqual(values(hear(topic("DDATA", "P1"), message(3, [[null, 1, 3, 5]]))), []);
});

Deno.test("sparkplug: an alias that two metrics have is refused, in one birth and over two devices", () => {
  const { hear } = born();
  const twice = hear(topic("DBIRTH", "P2"), message(2, [["A", 20, 3, 1], ["B", 20, 3, 2]]));
  const stolen = hear(topic("DBIRTH", "P3"), message(3, [["C", 10, 3, 1]]));
  for (const heard of [twice, stolen]) {
    assert.equal(heard.rejects.length, 1);
    assert.match(heard.rejects[0].message, /alias \d+ stands for both/);
    assert.deepEqual(heard.readings, []);
    assert.deepEqual(heard.effects, []);
  }
  assert.match(stolen.rejects[0].message, /P1: Pump\/Speed and C/);
  // The first keeps it, and is born again with it.
  assert.equal(hear(topic("DBIRTH", "P1"), B3).rejects.length, 0);
});

Deno.test("sparkplug: numbers run from 255 to 0, and a birth begins with any of them", () => {
  const { hear, pass } = setup();
  hear(NODE, message(254, [["bdSeq", null, 8, 0], ["T", 1, 3, 5]]));
  for (const seq of [255, 0, 1]) hear(topic("NDATA"), message(seq, [[null, 1, 3, seq]]));
  assert.deepEqual(asks(pass(10_000)), []);
});

Deno.test("sparkplug: what was missing and comes within the time ends the waiting", () => {
  const { hear, pass } = born();
  hear(topic("DDATA", "P1"), message(3, [[null, 10, 3, 30]]));
  pass(1_000);
  assert.deepEqual(values(hear(topic("NDATA"), B4)), [["sp:Plant/Press//Room/Temperature", 21.75]]);
  assert.deepEqual(asks(pass(10_000)), []);
});

Deno.test("sparkplug: devices that are not born again with their node are gone after ten seconds", () => {
  const { hear, pass } = born();
  assert.deepEqual(reach(hear(NODE, B2)), []);
  const gone = pass(10_000).filter((effect) => effect.do === "available");
  assert.deepEqual(gone, [{ do: "available", uid: "sp:Plant/Press/P1", available: false }]);
});

Deno.test("sparkplug: a new connection doubts every birth, asks, and gives up what stays silent", () => {
  const { host, hear, pass } = born();
  host.connected(0);
  assert.deepEqual(values(hear(topic("NDATA"), B4)), []);
  assert.equal(asks(pass(0)).length, 1);
  assert.deepEqual(asks(pass(5_000)), []);
  const all = [...pass(60_000), ...pass(5_000)];
  assert.deepEqual(all.filter((effect) => effect.do === "available").map(({ uid }) => uid), [
    "sp:Plant/Press",
    "sp:Plant/Press/P1",
  ]);
});

Deno.test("sparkplug: without a connection for ten seconds nothing holds any longer, and nobody is asked", () => {
  const { host, hear, pass } = born();
  hear(topic("DDATA", "P1"), B7);
  host.lost(0);
  assert.deepEqual(pass(9_999), []);
  assert.deepEqual(pass(1).map((effect) => effect.do), ["available", "available"]);
  host.connected(10_000);
  assert.deepEqual(reach(hear(NODE, B2)), [["sp:Plant/Press", true]]);
});

Deno.test("sparkplug: fifty nodes out of order for ten minutes are asked once a minute at most, and ever more seldom", () => {
  const { host, pass } = setup();
  const hear = (type: string, i: number, sent: Uint8Array) =>
    host.take(`spBv1.0/Plant/${type}/N${i}`, sent, now);
  let now = 0;
  for (let i = 0; i < 50; i++) hear("NBIRTH", i, message(0, [["T", 1, 3, 5]]));
  const asked = new Map<string, number[]>();
  const gaps = Array.from({ length: 256 }, (_, seq) => message(seq, [[null, 1, 3, 5]]));
  for (let second = 0; second < 600; second += 3) {
    now = second * 1_000;
    // Every second message is missing.
    for (let i = 0; i < 50; i++) hear("NDATA", i, gaps[(second * 2 + 2) & 255]);
    for (let tenth = 0; tenth < 30; tenth++) {
      for (const effect of pass(100)) {
        if (effect.do !== "rebirth") continue;
        asked.set(effect.node, [...asked.get(effect.node) ?? [], second + tenth / 10]);
      }
    }
  }
  assert.equal(asked.size, 50);
  for (const times of asked.values()) {
    assert.ok(times.length >= 3 && times.length <= 5, String(times));
    for (let i = 1; i < times.length; i++) assert.ok(times[i] - times[i - 1] > 59.9, String(times));
  }
});

Deno.test("sparkplug: more nodes, devices and values than a plant has make no more of them", () => {
  const { host, hear } = setup();
  for (let i = 0; i < 2_500; i++) {
    host.take(`spBv1.0/G/NDATA/N${i}`, message(0, [[null, 1, 3, 5]]), 0);
  }
  assert.equal(host.counts().nodes, 2_000);
  hear(NODE, B2);
  const one = message(null, [["x", null, 3, 5]]);
  for (let i = 0; i < 10_001; i++) {
    const { rejects } = hear(topic("DBIRTH", `D${i}`), one);
    assert.equal(rejects.length, i < 10_000 ? 0 : 1);
  }
  // Told again by their node they are forgotten, so that there is room for their values, and for no more.
  hear(NODE, B2);
  const many = message(null, Array.from({ length: 9_000 }, (_, i) => [`m${i}`, null, 3, 5]));
  const codes = Array.from(
    { length: 7 },
    (_, i) => hear(topic("DBIRTH", `D${i}`), many).rejects.map(({ code }) => code).join(),
  );
  assert.deepEqual(codes, ["", "", "", "", "", "too_large", "too_large"]);
  assert.deepEqual(hear(topic("DBIRTH", "D1"), many).rejects, []);
});

Deno.test("sparkplug: Perch is a host by itself at its own broker, and where the topics ask for it", () => {
  const url = "mqtt://10.0.0.5";
  assert.equal(sparkplugByDefault({ url: null, topics: ["factory/#"] }), true);
  assert.equal(sparkplugByDefault({ url, topics: ["factory/#", "edge/#"] }), false);
  for (const topic of ["spBv1.0/#", "#", "+/+/NBIRTH/+"]) {
    assert.equal(sparkplugByDefault({ url, topics: [topic] }), true);
  }
});

Deno.test("sparkplug: other topics of the namespace are refused once, commands and states are passed over", () => {
  const { host } = setup();
  const codes = (to: string) =>
    host.take(to, bytes(B4), 0)?.rejects.map(({ code }) => code) ?? null;
  for (
    const to of [
      "spBv1.0/G",
      "spBv1.0/G/XDATA/N",
      "spBv1.0/G/NDATA/N/D",
      "spBv1.0/G/DDATA/N",
      "spBv1.0//NDATA/N",
    ]
  ) {
    assert.deepEqual(codes(to), ["bad_topic"], to);
  }
  for (const to of ["spBv1.0/STATE/other", "spBv1.0/G/NCMD/N", "spBv1.0/G/DCMD/N/D"]) {
    assert.equal(codes(to), null, to);
  }
});
