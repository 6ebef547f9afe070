import assert from "node:assert/strict";
import { underTest } from "../../../../tests/support/devices/fake_directory.ts";
import { createOpenMqttGateway } from "./open_mqtt_gateway.ts";

const MAC = "02AA00000001";
const create = () => underTest(createOpenMqttGateway);

Deno.test("openmqttgateway: P12 a Bluetooth sensor is a machine by its address", () => {
  const site = create();
  const sent = {
    ...{ id: "02:AA:00:00:00:01", mac_type: 0, adv_type: 0, name: "Silo", rssi: -76 },
    ...{ brand: "Own", model: "TH", model_id: "OWN01", type: "THB" },
    ...{ tempc: 21.4, tempf: 70.5, hum: 48.1, batt: 87, volt: 2.9, servicedata: "aa" },
  };
  assert.deepEqual(site.send(`home/g/BTtoMQTT/${MAC}`, sent), [
    ...["Silo/RSSI = -76 dBm", "Silo/Temperature = 21.4 °C", "Silo/Humidity = 48.1 %"],
    ...["Silo/Battery = 87 %", "Silo/Battery voltage = 2.9 V"],
  ]);
  assert.deepEqual([...site.directory.devices.values()], [{
    ...{ uid: "mac:02aa00000001", name: "Silo", model: "OWN01", manufacturer: "Own" },
  }]);
  for (const name of ["RSSI", "Battery", "Battery voltage"]) {
    assert.equal(site.entity(`Silo/${name}`).diagnostic, true, name);
  }
  // A second gateway hears it too; then only how well it was heard differs.
  assert.deepEqual(site.send(`home/g2/BTtoMQTT/${MAC}`, { ...sent, rssi: -40 }), [
    "Silo/RSSI = -40 dBm",
  ]);
  assert.deepEqual(site.restarted().send(`home/g/BTtoMQTT/${MAC}`, { tempc: 5 }), [
    "Silo/Temperature = 5 °C",
  ]);
  assert.deepEqual(create().send(`home/g/BTtoMQTT/${MAC}`, { tempc: 21.4, hum: 48, batt: 87 }), [
    ...[`${MAC}/Temperature = 21.4 °C`, `${MAC}/Humidity = 48 %`, `${MAC}/Battery = 87 %`],
  ]);
});

Deno.test("openmqttgateway: what has no address is known by its id", () => {
  const site = create();
  assert.deepEqual(site.send("home/g/BTtoMQTT/probe-7", { tempc: 3 }), [
    "PROBE-7/Temperature = 3 °C",
  ]);
  assert.deepEqual([...site.directory.devices.keys()], ["openmqttgateway:probe-7"]);
});

Deno.test("openmqttgateway: whatever walks past is no machine", () => {
  const site = create();
  const beacon = { id: "4A:00:00:00:00:09", rssi: -89, distance: 21.5, txpower: -4, name: "Phone" };
  assert.deepEqual(site.send("home/g/BTtoMQTT/4A0000000009", beacon), []);
  assert.deepEqual(site.send("home/g/433toMQTT", { value: 4534142, protocol: 1, length: 24 }), []);
  assert.deepEqual(site.send("home/g/IRtoMQTT", { value: 5, protocol_name: "NEC" }), []);
  assert.equal(site.directory.devices.size, 0);
});

Deno.test("openmqttgateway: other quantities, several of a kind, Fahrenheit alone", () => {
  const site = create();
  const send = (json: object) =>
    site.send(`home/g/BTtoMQTT/${MAC}`, json).map((one) => one.replace(`${MAC}/`, ""));
  assert.deepEqual(send({ tempf: 70.5 }), ["Temperature = 70.5 °F"]);
  assert.deepEqual(send({ tempc2: 3, moi: 22, fer: 540, lux: 900, weight: 70.2, unit: "lb" }), [
    ...["Temperature 2 = 3 °C", "Moisture = 22 %", "Conductivity = 540 µS/cm"],
    ...["Illuminance = 900 lx", "Weight = 70.2 lb"],
  ]);
  assert.deepEqual(send({ motion: true, open: false, steps: 12, co2: 600, pm25: 4 }), [
    ...["Motion = true", "Open = false", "Steps = 12", "CO2 = 600 ppm", "PM2.5 = 4 µg/m³"],
  ]);
});

Deno.test("openmqttgateway: radio sensors are those of rtl_433", () => {
  const site = create();
  const sent = {
    ...{ model: "Own-TH", id: 42, channel: 1, battery_ok: 1, temperature_C: 4.2, humidity: 71 },
    ...{ protocol: "Own", rssi: -90, duration: 120 },
  };
  assert.deepEqual(site.send("home/g/RTL_433toMQTT/Own-TH/1/42", sent).length, 4);
  assert.deepEqual([...site.directory.devices.keys()], ["rtl_433:Own-TH-1-42"]);
  assert.deepEqual(site.send("home/g/LORAtoMQTT/n1", { rssi: -90, snr: 6, id: "n1", tempc: 3 }), [
    ...["n1/RSSI = -90 dBm", "n1/SNR = 6 dB", "n1/Temperature = 3 °C"],
  ]);
});

Deno.test("openmqttgateway: the gateway itself, what is measured at it, and whether it can be reached", () => {
  const site = create();
  assert.deepEqual(site.send("home/g/LWT", "offline"), []);
  const system = {
    ...{ uptime: 60405, version: "v1.6.0", freemem: 115572, rssi: -39, tempc: 57.8, SSID: "x" },
    ...{ ip: "192.0.2.4", mac: "02:00:00:00:00:0A", modules: ["BT"] },
  };
  assert.deepEqual(site.send("home/g/SYStoMQTT", system), [
    ...["g/Uptime = 60405 s", "g/Free memory = 115572 B", "g/Wi-Fi signal = -39 dBm"],
    "g/Gateway temperature = 57.8 °C",
  ]);
  assert.deepEqual(site.directory.available, new Map([["mac:02000000000a", false]]));
  site.send("home/g/LWT", "online");
  assert.deepEqual(site.directory.available, new Map([["mac:02000000000a", true]]));
  assert.deepEqual(site.send("home/g/CLIMAtoMQTT/dht1", { tempc: 20, tempf: 68, hum: 50 }), [
    ...["g/Temperature = 20 °C", "g/Humidity = 50 %"],
  ]);
  assert.deepEqual(site.send("home/g/CLIMAtoMQTT/dht2", { tempc: 21 }), [
    "g/CLIMA dht2 temperature = 21 °C",
  ]);
  assert.ok([...site.dialect.topics!()].includes("home/g/LWT"));
  assert.ok(
    [...site.directory.entities.values()].find(({ entity }) => entity.name === "Uptime")
      ?.entity.diagnostic,
  );
});

Deno.test("openmqttgateway: topics of others are left, what cannot be read is refused", () => {
  const site = create();
  assert.equal(site.decode("tele/x/LWT", "Online"), null);
  assert.equal(site.decode("a/b/LWT", "maybe"), null);
  assert.equal(site.decode("factory/a/b", "1"), null);
  const topic = `home/g/BTtoMQTT/${MAC}`;
  assert.deepEqual(site.refused(topic, "{"), ["bad_payload"]);
  assert.deepEqual(site.refused(topic, "[]"), ["bad_payload"]);
  assert.deepEqual(site.refused(topic, { tempc: "warm", hum: 3 }), ["bad_value"]);
  assert.deepEqual(site.send(topic, ""), []);
});
