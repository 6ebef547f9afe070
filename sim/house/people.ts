/** What moves with the people: scale, door, motion, car. */
import type { Random } from "../random.ts";
import type { Machine } from "../machines/machine.ts";
import { type AroundAt, battery, houseMachine, towards } from "./parts.ts";

/** Somebody steps on it every few mornings. */
export function scale(random: Random, around: AroundAt): Machine {
  let dueDay = 1;
  return houseMachine("bathroom/scale", random, around, {
    voices: [{
      name: "weight",
      unit: "kg",
      onChange: 0,
      read(a) {
        if (a.day < dueDay || a.dayS < 25_000) return null;
        dueDay = a.day + 5 + Math.floor(4 * random.uniform());
        return 81 + 0.6 * random.normal();
      },
    }],
  });
}

/** The front door. */
export function hall(random: Random, around: AroundAt): Machine {
  let openS = 0;
  return houseMachine("hall/door", random, around, {
    tickS: 10,
    live(a, dtS) {
      if (openS > 0) openS -= dtS;
      else if (a.awake && random.uniform() < dtS / (a.home ? 7000 : 40_000)) openS = 20;
    },
    voices: [
      {
        name: "contact",
        unit: "",
        state: true,
        onChange: 1,
        read: () => openS > 0 ? "open" : "closed",
      },
      battery("battery", 93, 0.08, 21_600),
    ],
  });
}

/** A motion sensor that measures light as well. */
export function motion(random: Random, around: AroundAt): Machine {
  let seenS = Infinity;
  return houseMachine("hall/motion", random, around, {
    tickS: 10,
    live(a, dtS) {
      seenS += dtS;
      if (a.home && a.awake && random.uniform() < dtS / 400) seenS = 0;
    },
    voices: [
      { name: "occupancy", unit: "", state: true, onChange: 1, read: () => seenS < 90 },
      {
        name: "illuminance",
        unit: "lx",
        decimals: 0,
        onChange: 20,
        read: (a) => 0.3 * a.sun + (a.home && a.awake && a.dayS > 61_000 ? 120 : 0),
      },
    ],
  });
}

/** A car with a tracker: speaks while it drives, and every ten minutes in between. */
export function car(random: Random, around: AroundAt): Machine {
  let away = 0, charge = 80, odometer = 41_200;
  const heading = 2 * Math.PI * random.uniform();
  return houseMachine("garage/car", random, around, {
    live(a, dtS) {
      const wanted = a.home ? 0 : 1;
      const was = away;
      away = towards(away, wanted, dtS, 900);
      odometer += 18 * Math.abs(away - was);
      charge = Math.min(
        82,
        Math.max(20, charge - 9 * Math.abs(away - was) + (a.home && !a.awake ? dtS / 600 : 0)),
      );
    },
    voices: [
      {
        name: "latitude",
        unit: "°",
        decimals: 5,
        everyS: 600,
        noise: 0.00002,
        read: () => 48.2 + 0.12 * away * Math.sin(heading),
      },
      {
        name: "longitude",
        unit: "°",
        decimals: 5,
        everyS: 600,
        noise: 0.00002,
        read: () => 16.3 + 0.12 * away * Math.cos(heading),
      },
      { name: "soc", unit: "%", decimals: 0, onChange: 1, read: () => charge },
      { name: "odometer", unit: "km", decimals: 0, onChange: 1, read: () => odometer },
    ],
  });
}
