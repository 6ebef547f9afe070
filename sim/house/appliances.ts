/** What is plugged in: freezer, fridge, dishwasher, washing machine, server. */
import type { Random } from "../random.ts";
import type { Machine } from "../machines/machine.ts";
import { type AroundAt, cycle, houseMachine, towards } from "./parts.ts";

/** Compressor by thermostat, a defrost twice a day. */
export function freezer(random: Random, around: AroundAt): Machine {
  let inside = -18.5, on = false, door = "closed", openS = 0;
  return houseMachine("kitchen/freezer", random, around, {
    tickS: 30,
    live(a, dtS) {
      if (inside > -17.5) on = true;
      if (inside < -19.5) on = false;
      const defrost = a.dayS % 43_200 < 1200;
      const cools = on && !defrost && a.wear.cooling === 0;
      if (openS > 0) openS -= dtS;
      else if (a.home && a.awake && random.uniform() < dtS / 20_000) openS = 40;
      door = openS > 0 ? "open" : "closed";
      const leak = (20 - inside) / 38 * dtS / (a.wear.cooling > 0 ? 320 : 1500);
      inside += leak * (openS > 0 ? 9 : 1) - (cools ? dtS * 0.0034 : 0) +
        (defrost ? dtS * 0.0012 : 0);
      if (!cools) on = on && !defrost;
    },
    voices: [
      { name: "temperature", unit: "°C", everyS: 60, noise: 0.06, read: () => inside },
      {
        name: "power",
        unit: "W",
        everyS: 30,
        read: (a) =>
          a.dayS % 43_200 < 1200 ? 140 + random.normal() : on ? 82 + 2 * random.normal() : 1.2,
      },
      { name: "door", unit: "", state: true, onChange: 1, read: () => door },
    ],
  });
}

/** Compressor by thermostat, opened now and then. */
export function fridge(random: Random, around: AroundAt): Machine {
  let inside = 5, on = false;
  return houseMachine("kitchen/fridge", random, around, {
    tickS: 30,
    live(a, dtS) {
      if (inside > 6) on = true;
      if (inside < 4) on = false;
      inside += dtS * ((20 - inside) / 45_000 - (on ? 0.0013 : 0));
      if (a.home && a.awake && random.uniform() < dtS / 3000) {
        inside += 0.4 + 0.5 * random.uniform();
      }
    },
    voices: [
      { name: "temperature", unit: "°C", everyS: 120, noise: 0.05, read: () => inside },
      { name: "power", unit: "W", everyS: 30, read: () => on ? 64 + 2 * random.normal() : 0.8 },
    ],
  });
}

/** A plug with a machine that runs now and then: days may pass before the first time. */
export function appliance(
  path: string,
  random: Random,
  around: AroundAt,
  perDay: number,
  heatW: number,
): Machine {
  let ranS = Infinity, used = 12;
  const lengthS = 5400 + 1800 * random.uniform();
  let power = 0;
  return houseMachine(path, random, around, {
    tickS: 30,
    live(a, dtS) {
      ranS += dtS;
      const mayStart = ranS > lengthS + 7200 && a.home && a.awake;
      if (mayStart && random.uniform() < perDay * dtS / 30_000) ranS = 0;
      const runs = ranS < lengthS;
      const heats = runs && (ranS % 3000 > 300 && ranS % 3000 < 1300);
      power = !runs ? 0.6 : heats ? heatW : 60 + (Math.floor(ranS / 30) % 3) * 70;
      used += power * dtS / 3.6e6;
    },
    voices: [
      { name: "power", unit: "W", everyS: 30, read: () => power * (1 + 0.01 * random.normal()) },
      {
        name: "energy",
        unit: "kWh",
        decimals: 2,
        onChange: 0.01,
        heartbeatS: 3600,
        read: () => used,
      },
      {
        name: "program",
        unit: "",
        state: true,
        onChange: 1,
        read: () => ranS >= lengthS ? "off" : ranS > lengthS - 900 ? "rinse" : "wash",
      },
    ],
  });
}

/** A small computer: load in bouts, a disk that fills, a restart every six days. */
export function server(random: Random, around: AroundAt): Machine {
  let upS = 86_400, disk = 41, bootDay = 4;
  const busy = cycle(
    random,
    () => 300 + 900 * random.uniform(),
    () => 600 + 3000 * random.uniform(),
  );
  let warm = 45;
  return houseMachine("office/server", random, around, {
    tickS: 30,
    live(a, dtS) {
      upS += dtS;
      disk += 0.15 * dtS / 86_400;
      warm = towards(warm, busy(dtS) ? 61 : 44, dtS, 240);
      if (a.day === bootDay && a.dayS > 12_000) {
        upS = 0;
        bootDay += 6;
      }
    },
    voices: [
      { name: "cpu_temperature", unit: "°C", everyS: 30, noise: 0.6, read: () => warm },
      { name: "uptime", unit: "s", decimals: 0, everyS: 60, read: () => upS },
      { name: "disk_used", unit: "%", everyS: 600, read: () => disk },
    ],
  });
}
