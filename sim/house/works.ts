/** The small plant beside the house: a pump, a compressor, a conveyor, a cold room, a tank and the mains. */
import { createRandom, type Random } from "../random.ts";
import type { Machine } from "../machines/machine.ts";
import { type AroundAt, cycle, houseMachine, towards } from "./parts.ts";

export function createWorks(seed: number, around: AroundAt): Machine[] {
  const random = (name: string) => createRandom(seed, name);
  return [
    pump(random("pump"), around),
    compressor(random("compressor"), around),
    conveyor(random("conveyor"), around),
    coldRoom(random("cold-room"), around),
    tank(random("tank"), around),
    mains(random("mains"), around),
  ];
}

/** Switched by level, day and night. */
function pump(random: Random, around: AroundAt): Machine {
  const runs = cycle(
    random,
    () => 1200 + 900 * random.uniform(),
    () => 900 + 1200 * random.uniform(),
  );
  let on = false, hours = 1822, warm = 20;
  return houseMachine("works/pump", random, around, {
    tickS: 30,
    live(a, dtS) {
      on = runs(dtS);
      // The counter, not the pump, stands still.
      if (on && a.wear.counter === 0) hours += dtS / 3600;
      warm = towards(warm, on ? 48 + 12 * a.wear.bearing : 19 + 0.1 * a.tempC, dtS, 1500);
    },
    voices: [
      {
        name: "vibration",
        unit: "mm/s",
        decimals: 2,
        everyS: 30,
        read: (a) =>
          on
            ? (2.1 + 3.4 * a.wear.bearing) * (1 + 0.05 * random.normal())
            : 0.08 + 0.02 * random.uniform(),
      },
      {
        name: "current",
        unit: "A",
        decimals: 2,
        everyS: 30,
        read: (a) => on ? 11.5 + a.wear.bearing + 0.15 * random.normal() : 0,
      },
      {
        name: "pressure",
        unit: "bar",
        decimals: 2,
        everyS: 30,
        noise: 0.02,
        read: () => on ? 5.8 : 1.2,
      },
      { name: "bearing_temperature", unit: "°C", everyS: 60, noise: 0.1, read: () => warm },
      { name: "run_hours", unit: "h", decimals: 2, everyS: 300, read: () => hours },
    ],
  });
}

function compressor(random: Random, around: AroundAt): Machine {
  let bar = 8, on = false, oil = 40;
  return houseMachine("works/compressor", random, around, {
    tickS: 30,
    live(a, dtS) {
      const shift = a.workday && a.dayS > 21_600 && a.dayS < 64_800;
      if (bar < 7) on = true;
      if (bar > 9.5) on = false;
      bar += dtS * ((on ? 0.006 : 0) - (shift ? 0.0022 : 0.0006) * (0.7 + 0.6 * random.uniform()));
      oil = towards(oil, on ? 78 : 35, dtS, 1800);
    },
    voices: [
      { name: "pressure", unit: "bar", decimals: 2, everyS: 30, noise: 0.02, read: () => bar },
      {
        name: "power",
        unit: "kW",
        decimals: 2,
        everyS: 30,
        read: () => on ? 7.4 + 0.1 * random.normal() : 0.02,
      },
      { name: "oil_temperature", unit: "°C", everyS: 60, noise: 0.2, read: () => oil },
    ],
  });
}

/** One shift on five days; it also measures while it stands. */
function conveyor(random: Random, around: AroundAt): Machine {
  const stops = cycle(
    random,
    () => 120 + 300 * random.uniform(),
    () => 1800 + 5400 * random.uniform(),
  );
  let pieces = 88_120, mode = "off", speed = 0;
  return houseMachine("works/conveyor", random, around, {
    tickS: 30,
    live(a, dtS) {
      const shift = a.workday && a.dayS > 21_600 && a.dayS < 50_400;
      const stopped = stops(dtS);
      mode = !shift ? "off" : stopped ? "stopped" : "run";
      speed = mode === "run" ? 1.6 : 0;
      if (speed > 0) pieces += Math.round(dtS * 0.4 + random.uniform());
    },
    voices: [
      {
        name: "speed",
        unit: "m/s",
        decimals: 2,
        everyS: 60,
        read: () => speed === 0 ? 0 : speed + 0.02 * random.normal(),
      },
      {
        name: "motor_current",
        unit: "A",
        decimals: 2,
        everyS: 60,
        read: () => speed === 0 ? 0.1 : 9 + 0.6 * random.normal(),
      },
      {
        name: "vibration",
        unit: "mm/s",
        decimals: 2,
        everyS: 60,
        read: () => speed === 0 ? 0.05 : 1.2 + 0.1 * random.normal(),
      },
      { name: "pieces", unit: "", decimals: 0, everyS: 60, read: () => pieces },
      { name: "mode", unit: "", state: true, onChange: 1, read: () => mode },
    ],
  });
}

/** Two thermometers in one room, and a hygrometer. */
function coldRoom(random: Random, around: AroundAt): Machine {
  let air = 4, on = false, humidity = 78;
  return houseMachine("works/cold-room", random, around, {
    live(a, dtS) {
      if (air > 5) on = true;
      if (air < 3) on = false;
      const door = a.workday && a.dayS > 21_600 && a.dayS < 50_400 && random.uniform() < 0.02;
      air += dtS * ((12 - air) / 9000 - (on ? 0.0025 : 0)) / 2 + (door ? 0.5 : 0);
      humidity = towards(humidity, on ? 72 : 84, dtS, 2000) + 0.2 * random.normal();
    },
    voices: [
      {
        name: "temperature_front",
        unit: "°C",
        decimals: 2,
        everyS: 60,
        noise: 0.03,
        read: () => air + 0.4,
      },
      {
        name: "temperature_back",
        unit: "°C",
        decimals: 2,
        everyS: 60,
        noise: 0.03,
        read: () => air - 0.3,
      },
      { name: "humidity", unit: "%", everyS: 60, noise: 0.2, read: () => humidity },
    ],
  });
}

/** Falls while it is used, and is filled. */
function tank(random: Random, around: AroundAt): Machine {
  let level = 80, fills = false;
  return houseMachine("works/tank", random, around, {
    live(a, dtS) {
      if (level < 30) fills = true;
      if (level > 92) fills = false;
      level += dtS *
        ((fills ? 0.02 : 0) - (a.workday && a.dayS > 21_600 && a.dayS < 64_800 ? 0.0016 : 0.0005));
    },
    voices: [
      { name: "level", unit: "%", decimals: 1, everyS: 60, noise: 0.15, read: () => level },
    ],
  });
}

function mains(random: Random, around: AroundAt): Machine {
  let load = 400, hertz = 0;
  return houseMachine("works/mains", random, around, {
    tickS: 30,
    live(a, dtS) {
      hertz = towards(hertz, 0, dtS, 300) + 0.008 * random.normal();
      const wanted = 350 + (a.home && a.awake ? 500 : 0) + (a.cooking ? 2500 : 0);
      load = towards(load, wanted, dtS, 300) + 25 * random.normal();
    },
    voices: [
      {
        name: "voltage",
        unit: "V",
        everyS: 60,
        noise: 0.4,
        read: (a) => 231 - 2 * Math.sin(2 * Math.PI * a.dayS / 86_400) + a.sun / 400,
      },
      { name: "frequency", unit: "Hz", decimals: 3, everyS: 60, read: () => 50 + hertz },
      { name: "power", unit: "W", decimals: 0, everyS: 60, read: () => Math.max(80, load) },
    ],
  });
}
