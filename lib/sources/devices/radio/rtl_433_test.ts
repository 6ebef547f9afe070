import assert from "node:assert/strict";
import { underTest } from "../../../../tests/support/devices/fake_directory.ts";
import { createRtl433 } from "./rtl_433.ts";

const TIME = "2026-03-01 09:00:00";
const OWN = { time: TIME, model: "Own-TH", id: 42, channel: 1, battery_ok: 1, temperature_C: 4.2 };
const create = () => underTest(createRtl433);

Deno.test("rtl_433: P11 a sensor is a machine by model, channel and id, at the time of arrival", () => {
  const site = create();
  const sent = { ...OWN, humidity: 71 };
  const expected = ["Battery OK = true", "Temperature = 4.2 °C", "Humidity = 71 %"];
  assert.deepEqual(
    site.send("rtl_433/h/events", sent),
    expected.map((one) => `Own-TH-1-42/${one}`),
  );
  assert.deepEqual([...site.directory.devices.values()], [
    { uid: "rtl_433:Own-TH-1-42", name: "Own-TH-1-42", model: "Own-TH" },
  ]);
  assert.equal(site.entity("Own-TH-1-42/Battery OK").diagnostic, true);
  assert.equal(site.entity("Own-TH-1-42/Temperature").deviceClass, "temperature");
  assert.deepEqual(
    site.restarted().send("rtl_433/h/events", sent),
    expected.map((one) => `Own-TH-1-42/${one}`),
  );
});

Deno.test("rtl_433: a time counts where it names its zone, and says so where it is none", () => {
  const tMs = Date.UTC(2026, 2, 1, 8);
  const cases: [time: unknown, expected: string][] = [
    ["2026-03-01T09:00:00+01:00", ` @${tMs}`],
    ["2026-03-01 09:00:00+0100", ` @${tMs}`],
    ["2026-03-01T08:00:00Z", ` @${tMs}`],
    [`${tMs / 1000}`, ` @${tMs}`],
    [tMs / 1000, ` @${tMs}`],
    ["@0.261588s", ""],
    ["1970-01-01 00:01:02", " no time: 1970-01-01 00:01:02"],
  ];
  for (const [time, expected] of cases) {
    const sent = { time, model: "A", id: 1, temperature_C: 1 };
    assert.deepEqual(create().send("rtl_433/h/events", sent), [
      `A-1/Temperature = 1 °C${expected}`,
    ]);
  }
});

Deno.test("rtl_433: units stand at the end of a field's name", () => {
  const sent = {
    ...{ time: TIME, model: "Own-W", id: "a1b2", temperature_F: 50, pressure_hPa: 1009 },
    ...{
      wind_avg_km_h: 12.5,
      wind_max_m_s: 5,
      wind_dir_deg: 270,
      rain_mm: 31.2,
      rain_rate_mm_h: 1,
    },
    ...{ uv: 3, light_lux: 40_000, pm2_5_ug_m3: 4, storm_dist_km: 12, strike_count: 7 },
    ...{
      moisture: 22,
      power_W: 120,
      energy_kWh: 4.5,
      battery_mV: 2900,
      depth_cm: 40,
      co2_ppm: 600,
    },
  };
  assert.deepEqual(
    create().send("rtl_433/h/events", sent).map((one) => one.replace("Own-W-a1b2/", "")),
    [
      ...["Temperature = 50 °F", "Pressure = 1009 hPa", "Wind speed = 12.5 km/h"],
      ...["Wind gust = 5 m/s", "Wind direction = 270 °", "Rain = 31.2 mm", "Rain rate = 1 mm/h"],
      ...[
        "UV index = 3",
        "Illuminance = 40000 lx",
        "PM2.5 = 4 µg/m³",
        "Lightning distance = 12 km",
      ],
      ...["Lightning strikes = 7", "Moisture = 22 %", "Power = 120 W", "Energy = 4.5 kWh"],
      ...["Battery voltage = 2900 mV", "Depth = 40 cm", "CO2 = 600 ppm"],
    ],
  );
});

Deno.test("rtl_433: codes and signal are no measurements, probes are told apart", () => {
  const site = create();
  const sent = {
    ...{ time: TIME, protocol: 12, model: "X", subtype: "T", id: 7, mic: "CRC", mod: "FSK" },
    ...{
      freq: 433.9,
      rssi: -11.2,
      snr: 20,
      noise: -31,
      sequence_num: 3,
      raw_msg: "aa",
      code: "f0",
    },
    ...{ button: 1, flags: 3, temperature_1_C: 1, temperature_2_C: 2, state: "open", unknown1: 4 },
    ...{ battery_ok: 0.75, data: [1], exception: 0, contact_open: 1 },
  };
  assert.deepEqual(site.send("rtl_433/h/events", sent).map((one) => one.replace("X-7/", "")), [
    ...["RSSI = -11.2 dB", "SNR = 20 dB", "Noise = -31 dB", "Temperature 1 = 1 °C"],
    ...["Temperature 2 = 2 °C", "State = open", "Battery OK = true", "Battery = 75 %"],
    "Contact = true",
  ]);
  for (const name of ["RSSI", "SNR", "Noise", "Battery", "Battery OK"]) {
    assert.equal(site.entity(`X-7/${name}`).diagnostic, true, name);
  }
  // A remote control measures nothing, and is no machine.
  site.send("rtl_433/h/events", { time: TIME, model: "Remote", id: 1, button: 3, code: "aa" });
  assert.equal(site.directory.devices.size, 1);
  assert.deepEqual(
    site.send("rtl_433/h/events", { time: TIME, model: "Old", id: 1, battery: "LOW" }),
    ["Old-1/Battery OK = false"],
  );
});

Deno.test("rtl_433: each field on a topic of its own is the same reading", () => {
  const site = create();
  site.send("rtl_433/h/events", OWN);
  assert.deepEqual(site.send("rtl_433/h/devices/Own-TH/1/42/temperature_C", "4.2"), []);
  assert.deepEqual(site.send("rtl_433/h/devices/Own-TH/1/42/time", TIME), []);
  assert.deepEqual(site.send("rtl_433/h/devices/Own-TH/1/42/temperature_C", "4.3"), [
    "Own-TH-1-42/Temperature = 4.3 °C",
  ]);
  // A second receiver hears it too.
  assert.deepEqual(site.send("rtl_433/h/events", { ...OWN, temperature_C: 9 }).length, 2);
  assert.deepEqual(site.send("rtl_433/roof/events", { ...OWN, temperature_C: 9 }), []);
  assert.deepEqual(create().send("rtl_433/h/devices/Own-TH/1/42/humidity", "71"), [
    "Own-TH-1-42/Humidity = 71 %",
  ]);
});

Deno.test("rtl_433: below another base by what is in it; what is none is left or refused", () => {
  const site = create();
  assert.deepEqual(site.send("radio/events", OWN).length, 2);
  assert.equal(site.decode("press/events", { temperature: 1 }), null);
  assert.equal(site.decode("press/events", "x"), null);
  assert.deepEqual(site.send("rtl_433/h/events", { time: TIME, enabled: 5, frames: {} }), []);
  assert.deepEqual(site.send("rtl_433/h/events", ""), []);
  assert.deepEqual(site.refused("rtl_433/h/events", "{"), ["bad_payload"]);
  assert.deepEqual(site.refused("rtl_433/h/events", new Uint8Array([0x7b, 0xff])), [
    "bad_encoding",
  ]);
  assert.deepEqual(site.refused("rtl_433/h/events", { ...OWN, temperature_C: "warm" }), [
    "bad_value",
  ]);
  assert.deepEqual(create().send("rtl_433/h/events", { ...OWN, humidity: null }).length, 2);
});
