import assert from "node:assert/strict";
import type { OwnMessage } from "../../source.ts";
import { bdSeqIn } from "../birth.ts";
import { decodePayload, isPayloadFault, type Payload } from "../payload.ts";
import { TYPE } from "../types.ts";
import { deviceId, EdgeNode, type NodeSensor } from "./node.ts";

const LOAD: NodeSensor = {
  ...{ num: 1, machine: "hall/press", sensor: "load", kind: "number", unit: "kN", states: [] },
  last: { tMs: 1_000, value: 61.5 } as NodeSensor["last"],
};
const DOOR: NodeSensor = {
  ...{ num: 2, machine: "hall/press", sensor: "door", kind: "text", unit: null },
  ...{ states: ["open", "shut"], last: null },
};
const ON: NodeSensor = {
  ...{ num: 3, machine: "yard", sensor: "on", kind: "binary", unit: null, states: [], last: null },
};

function openNode(sensors: NodeSensor[] = [LOAD, DOOR, ON]) {
  const all = [...sensors];
  const node = new EdgeNode({ group: "g", node: "north", nowMs: () => 5_000, sensors: () => all });
  return { node, all };
}

function read({ payload }: OwnMessage): Payload {
  const read = decodePayload(payload as Uint8Array);
  assert.ok(!isPayloadFault(read), JSON.stringify(read));
  return read;
}
const topics = (messages: readonly OwnMessage[]) => messages.map(({ topic }) => topic);

Deno.test("an edge node is born with its devices, by the rules of the specification", () => {
  const { node } = openNode();
  const will = node.will();
  assert.deepEqual([will.topic, will.qos, will.retain], ["spBv1.0/g/NDEATH/north", 1, false]);
  assert.equal(read(will).seq, undefined, "a death has no seq");
  assert.equal(bdSeqIn(read(will)), 0);
  const births = node.births();
  assert.deepEqual(topics(births), [
    "spBv1.0/g/NBIRTH/north",
    "spBv1.0/g/DBIRTH/north/hall:press",
    "spBv1.0/g/DBIRTH/north/yard",
  ]);
  assert.ok(births.every(({ qos, retain }) => qos === 0 && !retain));
  const [nbirth, press, yard] = births.map(read);
  assert.equal(bdSeqIn(nbirth), 0, "as its will");
  assert.deepEqual([nbirth, press, yard].map(({ seq }) => seq), [0, 1, 2]);
  const control = nbirth.metrics.find(({ name }) => name === "Node Control/Rebirth")!;
  assert.deepEqual([control.type, control.value], [TYPE.boolean, { in: "boolean", value: false }]);
  const [load, door] = press.metrics;
  assert.deepEqual(
    [load.name, load.alias, load.type, load.tMs, load.value],
    ["load", 1, TYPE.double, 1_000, { in: "double", value: 61.5 }],
  );
  assert.deepEqual(load.properties!.get("engUnit")!.value, { in: "string", value: "kN" });
  assert.deepEqual([door.type, door.isNull, door.value], [TYPE.string, true, undefined]);
  assert.equal(yard.metrics[0].type, TYPE.boolean);
  // The next connection.
  assert.equal(bdSeqIn(read(node.will())), 1);
  const [again] = node.births().map(read);
  assert.deepEqual([bdSeqIn(again), again.seq], [1, 0]);
});

Deno.test("bdSeq goes from 255 to 0, and so does seq over all messages of a node", () => {
  const { node } = openNode();
  const bdSeqs = Array.from({ length: 257 }, () => bdSeqIn(read(node.will())));
  assert.deepEqual(bdSeqs, Array.from({ length: 257 }, (_, i) => i % 256));
  const seqs = node.births().map((one) => read(one).seq);
  for (let i = 0; i < 300; i++) {
    seqs.push(...node.data([{ num: 1, tMs: 6_000 + i, value: i }]).map((one) => read(one).seq));
  }
  assert.deepEqual(seqs, Array.from({ length: 303 }, (_, i) => i % 256));
});

Deno.test("data are by alias, at their own times; what the host has later values of is historical", () => {
  const { node } = openNode();
  node.will();
  node.births();
  const messages = node.data([
    { num: 1, tMs: 900, value: 1 },
    { num: 1, tMs: 1_000, value: 61.5 },
    { num: 3, tMs: 950, value: 1 },
    { num: 2, tMs: 2_000, value: 1 },
    { num: 1, tMs: 2_000, value: 2 },
    { num: 1, tMs: 2_000, value: 3 },
    { num: 1, tMs: 1_999, value: 4 },
  ]);
  assert.deepEqual(topics(messages), [
    "spBv1.0/g/DDATA/north/hall:press",
    "spBv1.0/g/DDATA/north/yard",
  ]);
  const [press, yard] = messages.map(read);
  assert.deepEqual(
    press.metrics.map(({ name, alias, tMs, historical, value }) => [
      ...[name, alias, tMs, historical, value?.value],
    ]),
    [
      [undefined, 1, 900, true, 1],
      [undefined, 1, 1_000, true, 61.5],
      [undefined, 2, 2_000, false, "shut"],
      [undefined, 1, 2_000, false, 2],
      [undefined, 1, 2_000, false, 3],
      [undefined, 1, 1_999, true, 4],
    ],
  );
  assert.deepEqual(yard.metrics.map(({ historical, value }) => [historical, value]), [
    [false, { in: "boolean", value: true }],
  ]);
});

Deno.test("a device is born again when its sensors are others, and dies when they are gone", () => {
  const { node, all } = openNode();
  node.will();
  node.births();
  const speed: NodeSensor = { ...LOAD, num: 4, sensor: "speed", last: null };
  all.push(speed);
  // Nobody said that there is one: a reading of it does.
  const born = node.data([{ num: 4, tMs: 1, value: 7 }]);
  assert.deepEqual(topics(born), [
    "spBv1.0/g/DBIRTH/north/hall:press",
    "spBv1.0/g/DDATA/north/hall:press",
  ]);
  assert.deepEqual(read(born[0]).metrics.map(({ name }) => name), ["load", "door", "speed"]);
  all.splice(all.indexOf(ON), 1);
  node.changed();
  const dead = node.data([{ num: 3, tMs: 2, value: 0 }, { num: 4, tMs: 2, value: 8 }]);
  assert.deepEqual(topics(dead), [
    "spBv1.0/g/DDEATH/north/yard",
    "spBv1.0/g/DDATA/north/hall:press",
  ]);
  assert.deepEqual(dead.map((one) => read(one).seq), [5, 6]);
});

Deno.test("no two machines have one device", () => {
  const paths = ["a/b", "a:b", "a%3Ab", "a b", "a/b/c", "a:b/c", "ä/b"];
  const ids = paths.map(deviceId);
  assert.equal(new Set(ids).size, paths.length);
  assert.ok(ids.every((id) => !/[/+#]/.test(id)), ids.join(" "));
});
