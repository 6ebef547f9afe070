/** Air and soil: what measures the climate in the rooms and in the garden. */
import type { Random } from "../random.ts";
import type { Machine } from "../machines/machine.ts";
import { type AroundAt, battery, houseMachine, towards } from "./parts.ts";
import type { Surroundings } from "./weather.ts";

/** The weather station in the garden. */
export function outdoors(random: Random, around: AroundAt): Machine {
  let rain = 0;
  return houseMachine("garden/weather", random, around, {
    live: ({ rainMm }) => void (rain += rainMm),
    voices: [
      { name: "temperature", unit: "°C", everyS: 300, noise: 0.08, read: (a) => a.tempC },
      {
        name: "humidity",
        unit: "%",
        decimals: 0,
        everyS: 300,
        noise: 0.6,
        read: (a) => a.humidity,
      },
      { name: "pressure", unit: "hPa", everyS: 300, noise: 0.05, read: (a) => a.hPa },
      { name: "rain", unit: "mm", onChange: 0.2, heartbeatS: 21_600, read: () => rain },
    ],
  });
}

/** A probe in a flower bed. */
export function soil(random: Random, around: AroundAt): Machine {
  let wet = 42;
  return houseMachine("garden/soil", random, around, {
    live: (a, dtS) => void (wet = Math.min(60, wet - 0.4 * dtS / 86_400 + a.rainMm)),
    voices: [
      { name: "moisture", unit: "%", everyS: 1800, noise: 0.2, read: () => wet },
      {
        name: "temperature",
        unit: "°C",
        everyS: 1800,
        noise: 0.05,
        read: (a) => 5 + 0.3 * (a.tempC - 4),
      },
      battery("battery", 64, 0.3, 21_600),
      { name: "rssi", unit: "dBm", decimals: 0, everyS: 1800, noise: 2.5, read: () => -71 },
    ],
  });
}

/** The living room, measured every minute; its CO2 sensor can fail to zero. */
export function living(random: Random, around: AroundAt): Machine {
  const air = room(random, { day: 21.2, night: 19 });
  return houseMachine("living-room/climate", random, around, {
    live: (a, dtS) => air.live(a, dtS, a.home && a.awake),
    voices: [
      { name: "temperature", unit: "°C", decimals: 2, everyS: 60, noise: 0.03, read: air.temp },
      { name: "humidity", unit: "%", everyS: 60, noise: 0.15, read: air.humidity },
      {
        name: "co2",
        unit: "ppm",
        decimals: 0,
        everyS: 60,
        read: (a) => a.wear.sensor > 0 ? 0 : air.co2() + 4 * random.normal(),
      },
    ],
  });
}

/** The bedroom, measured every five minutes by a cheap device. */
export function bedroom(random: Random, around: AroundAt): Machine {
  const air = room(random, { day: 18.5, night: 17.5 });
  return houseMachine("bedroom/climate", random, around, {
    live: (a, dtS) => air.live(a, dtS, a.home && !a.awake),
    voices: [
      // A cheap one: half degrees.
      { name: "temperature", unit: "°C", everyS: 300, read: () => Math.round(2 * air.temp()) / 2 },
      { name: "humidity", unit: "%", decimals: 0, everyS: 300, read: air.humidity },
      { name: "co2", unit: "ppm", decimals: 0, everyS: 300, noise: 6, read: air.co2 },
    ],
  });
}

/** A Zigbee sensor: on change, at least hourly. */
export function bathroom(random: Random, around: AroundAt): Machine {
  let temp = 21, humidity = 50;
  return houseMachine("bathroom/climate", random, around, {
    live(a, dtS) {
      temp = towards(temp, 21.5 + (a.showering ? 3 : 0), dtS, 2400) + 0.01 * random.normal();
      humidity = towards(
        humidity,
        a.showering ? 92 : 48 + 0.4 * (a.tempC - 4),
        dtS,
        a.showering ? 400 : 2400,
      );
    },
    voices: [
      {
        name: "temperature",
        unit: "°C",
        onChange: 0.2,
        heartbeatS: 3600,
        noise: 0.03,
        read: () => temp,
      },
      {
        name: "humidity",
        unit: "%",
        decimals: 0,
        onChange: 2,
        heartbeatS: 3600,
        read: () => humidity,
      },
      battery("battery", 88, 0.12, 14_400),
      { name: "linkquality", unit: "lqi", decimals: 0, everyS: 900, noise: 12, read: () => 110 },
    ],
  });
}

/** A radiator's thermostat: on change alone, set points by schedule and by hand. */
export function thermostat(random: Random, around: AroundAt): Machine {
  const air = room(random, { day: 20.5, night: 18 });
  let byHand = 0;
  return houseMachine("living-room/thermostat", random, around, {
    live(a, dtS) {
      air.live(a, dtS, a.home && a.awake);
      if (a.dayS === 0) byHand = 0;
      if (a.home && a.awake && random.uniform() < dtS / 120_000) {
        byHand = random.uniform() < 0.5 ? 1 : -1;
      }
    },
    voices: [
      {
        name: "setpoint",
        unit: "°C",
        onChange: 0.5,
        read: (a) => (a.dayS > 21_600 && a.dayS < 79_200 ? 21 : 18) + byHand,
      },
      {
        name: "temperature",
        unit: "°C",
        onChange: 0.3,
        read: () => Math.round(5 * air.temp()) / 5,
      },
      battery("battery", 71, 0.2, 43_200),
    ],
  });
}

/** A heated room with people in it: temperature, humidity and CO2. */
function room(random: Random, settle: { day: number; night: number }) {
  let temp = 20, co2 = 600, humidity = 45;
  return {
    temp: () => temp,
    co2: () => co2,
    humidity: () => humidity,
    live(a: Surroundings, dtS: number, present: boolean): void {
      const wanted = a.dayS > 21_600 && a.dayS < 79_200 ? settle.day : settle.night;
      const people = present ? 1 : 0;
      temp =
        towards(temp, wanted + 0.02 * (a.tempC - 4) + 0.4 * people + 0.0012 * a.sun, dtS, 5400) +
        0.012 * random.normal();
      co2 = towards(co2, 425 + 620 * people, dtS, 7200) + 2.5 * random.normal();
      humidity = towards(humidity, 38 + 0.6 * (a.tempC - 4) + 6 * people, dtS, 5400) +
        0.06 * random.normal();
    },
  };
}
