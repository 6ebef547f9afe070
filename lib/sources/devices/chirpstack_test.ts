import assert from "node:assert/strict";
import { underTest } from "../../../tests/support/devices/fake_directory.ts";
import { createChirpStack } from "./chirpstack.ts";

const EUI = "0000000000000001";
const UP = `application/1/device/${EUI}/event/up`;
const T_MS = Date.UTC(2026, 2, 1, 9, 0, 0, 775);
const create = () => underTest(createChirpStack);
const uplink = (changed: object = {}) => ({
  deduplicationId: "00000000-0000-4000-8000-000000000001",
  time: "2026-03-01T09:00:00.775023242+00:00",
  deviceInfo: {
    ...{ tenantName: "Own", applicationName: "Farm", deviceProfileName: "Level v2" },
    ...{ deviceName: "silo", devEui: EUI, tags: { place: "yard" } },
  },
  ...{ devAddr: "00000000", adr: true, dr: 5, fCnt: 12, fPort: 2, confirmed: false, data: "AAAA" },
  object: { level: 71.5 },
  rxInfo: [{ gatewayId: "00000000000000aa", rssi: -120, snr: -3 }, { rssi: -101, snr: 6.2 }],
  txInfo: { frequency: 868100000, modulation: { lora: { bandwidth: 125000 } } },
  ...changed,
});

Deno.test("chirpstack: P13 what the codec made is measured, reception is about the device", () => {
  const site = create();
  assert.deepEqual(site.send(UP, uplink()), [
    `silo/level = 71.5 @${T_MS} #12`,
    `silo/RSSI = -101 dBm @${T_MS} #12`,
    `silo/SNR = 6.2 dB @${T_MS} #12`,
  ]);
  assert.deepEqual([...site.directory.devices.values()], [
    { uid: `lorawan:${EUI}`, name: "silo", serial: EUI, model: "Level v2" },
  ]);
  assert.equal(site.entity("silo/RSSI").diagnostic, true);
  assert.equal(site.entity("silo/SNR").diagnostic, true);
  assert.equal(site.entity("silo/level").diagnostic, undefined);
});

Deno.test("chirpstack: values inside of values, texts, on and off, gaps", () => {
  const site = create();
  const object = {
    ...{ temperatureSensor: { 1: 21.5, 2: null }, door: { open: true }, mode: "idle" },
    ...{ levels: [1, 2], rssi: 3, humidity: null },
  };
  assert.deepEqual(site.send(UP, uplink({ object, rxInfo: [], time: undefined })), [
    ...["silo/temperatureSensor.1 = 21.5 #12", "silo/door.open = true #12", "silo/mode = idle #12"],
    ...["silo/levels.0 = 1 #12", "silo/levels.1 = 2 #12", "silo/rssi = 3 #12"],
  ]);
  // A value of the codec that is called as one of ours keeps its name.
  assert.equal(site.send(UP, uplink({ object: {} })).length, 2);
  assert.deepEqual(site.send(UP, uplink({ object: { rssi: 4 }, rxInfo: [] })), [
    `silo/rssi = 4 @${T_MS} #12`,
  ]);
});

Deno.test("chirpstack: another name and another application are the same device", () => {
  const site = create();
  site.send(UP, uplink());
  const after = site.restarted();
  const renamed = uplink({ deviceInfo: { deviceName: "Silo 1", devEui: EUI }, rxInfo: [] });
  assert.deepEqual(after.send(`application/2/device/${EUI}/event/up`, renamed), [
    `silo/level = 71.5 @${T_MS} #12`,
  ]);
  assert.equal(after.directory.devices.get(`lorawan:${EUI}`)?.name, "Silo 1");
  assert.equal(after.directory.devices.size, 1);
});

Deno.test("chirpstack: version 3, with the object as text, and its older topics", () => {
  const sent = {
    ...{
      applicationID: "123",
      applicationName: "farm",
      deviceName: "silo",
      devEUI: "AAAAAAAAAAE=",
    },
    rxInfo: [{
      gatewayID: "AwMDAwMDAwM=",
      time: "2026-03-01T09:00:00.775Z",
      rssi: -48,
      loRaSNR: 9,
    }],
    ...{ fCnt: 10, fPort: 5, data: "AAAA", objectJSON: '{"level":70,"x":{"y":1}}' },
  };
  for (const topic of [UP, `application/123/device/${EUI}/rx`]) {
    assert.deepEqual(create().send(topic, sent), [
      ...[`silo/level = 70 @${T_MS} #10`, `silo/x.y = 1 @${T_MS} #10`],
      ...[`silo/RSSI = -48 dBm @${T_MS} #10`, `silo/SNR = 9 dB @${T_MS} #10`],
    ]);
  }
});

Deno.test("chirpstack: status is battery and link, the other events are none", () => {
  const site = create();
  const at = (event: string) => `eu868/application/1/device/${EUI}/event/${event}`;
  const { deviceInfo, time } = uplink();
  const status = { deviceInfo, time, margin: 7, externalPowerSource: false, batteryLevel: 75.5 };
  assert.deepEqual(site.send(at("status"), status), [
    ...[`silo/Battery = 75.5 % @${T_MS}`, `silo/External power = false @${T_MS}`],
    `silo/Link margin = 7 dB @${T_MS}`,
  ]);
  assert.deepEqual(
    site.send(at("status"), { ...status, batteryLevelUnavailable: true, batteryLevel: 0 }).length,
    2,
  );
  for (const event of ["join", "ack", "txack", "log", "location", "integration"]) {
    assert.deepEqual(site.send(at(event), uplink()), [], event);
  }
  assert.ok([...site.directory.entities.values()].every(({ entity }) => entity.diagnostic));
});

Deno.test("chirpstack: without a codec nothing is measured, and that is counted", () => {
  const site = create();
  assert.equal(site.send(UP, uplink({ object: undefined })).length, 2);
  assert.deepEqual([...site.directory.notes.values()], [1]);
});

Deno.test("chirpstack: topics of others are left, what cannot be read is refused once", () => {
  const site = create();
  for (const topic of ["application/1/x", `application/1/device/12/event/up`, "a/b"]) {
    assert.equal(site.decode(topic, uplink()), null, topic);
  }
  const wide = Object.fromEntries(Array.from({ length: 3_000 }, (_, i) => [`k${i}`, i]));
  const cases: [payload: unknown, code: string][] = [
    ...[["{", "bad_payload"], ["[]", "bad_payload"], ["3", "bad_payload"]] as [unknown, string][],
    [uplink({ object: 3 }), "bad_payload"],
    [uplink({ object: undefined, objectJSON: "{" }), "bad_payload"],
    [uplink({ object: wide }), "too_large"],
    [new Uint8Array([0x7b, 0xff]), "bad_encoding"],
  ];
  for (const [payload, code] of cases) assert.deepEqual(site.refused(UP, payload), [code]);
  assert.deepEqual(site.send(UP, ""), []);
});
