/** What supplies the house with power, heat and water, and what meters them. */
import type { Random } from "../random.ts";
import type { Machine } from "../machines/machine.ts";
import { type AroundAt, cycle, houseMachine, towards } from "./parts.ts";

/** Solar panels: the inverter measures all night, and gives nothing then. */
export function roof(random: Random, around: AroundAt): Machine {
  let gave = 4213, warm = 10, power = 0;
  return houseMachine("roof/inverter", random, around, {
    live(a, dtS) {
      const wanted = a.wear.inverter > 0 ? 0 : Math.max(0, 6.2 * a.sun - 25);
      power = towards(power, wanted, dtS, 40);
      if (power < 5) power = 0;
      gave += power * dtS / 3.6e6;
      warm = towards(warm, a.tempC + 6 + power / 130, dtS, 2400);
    },
    voices: [
      {
        name: "power",
        unit: "W",
        decimals: 0,
        everyS: 60,
        read: () => power === 0 ? 0 : power * (1 + 0.01 * random.normal()),
      },
      {
        name: "string_voltage",
        unit: "V",
        everyS: 60,
        read: (a) => a.sun < 2 ? 0 : 330 + 25 * Math.log(a.sun / 100) + random.normal(),
      },
      { name: "temperature", unit: "°C", everyS: 60, noise: 0.1, read: () => warm },
      { name: "yield", unit: "kWh", decimals: 2, everyS: 300, read: () => gave },
    ],
  });
}

/** Runs longer the colder it is; with the fault `cycling` in short bouts. */
export function heatPump(random: Random, around: AroundAt): Machine {
  let supply = 30, starts = 3120, hours = 8211, was = false, on = false;
  let target = 20 * 60;
  const slow = cycle(
    random,
    () => target * (0.8 + 0.4 * random.uniform()),
    () => 2100 * (0.8 + 0.4 * random.uniform()),
  );
  const fast = cycle(random, () => 90, () => 120);
  return houseMachine("cellar/heat-pump", random, around, {
    tickS: 30,
    live(a, dtS) {
      target = 1500 + 60 * (8 - a.tempC);
      const usual = slow(dtS), short = fast(dtS);
      on = a.wear.cycling > 0 ? short : usual;
      if (on && !was) starts++;
      was = on;
      if (on) hours += dtS / 3600;
      supply = towards(supply, on ? 37 - 0.3 * a.tempC : 27, dtS, 900);
    },
    voices: [
      {
        name: "power",
        unit: "W",
        decimals: 0,
        everyS: 30,
        read: () => on ? 1450 + 25 * random.normal() : 14 + 0.5 * random.normal(),
      },
      { name: "supply", unit: "°C", everyS: 60, noise: 0.1, read: () => supply },
      { name: "return", unit: "°C", everyS: 60, noise: 0.1, read: () => supply - (on ? 4.5 : 1) },
      { name: "starts", unit: "", decimals: 0, everyS: 300, read: () => starts },
      { name: "hours", unit: "h", decimals: 2, everyS: 300, read: () => hours },
    ],
  });
}

/** The water meter: showers, taps, and a drip when there is a leak. */
export function water(random: Random, around: AroundAt): Machine {
  let flow = 0, leftS = 0, total = 812.4;
  return houseMachine("cellar/water", random, around, {
    live(a, dtS) {
      leftS -= dtS;
      if (leftS <= 0) flow = 0;
      const wants = a.showering ? 0.25 : a.home && a.awake ? 1 / 25 : a.home ? 1 / 240 : 0;
      if (flow === 0 && random.uniform() < wants) {
        flow = a.showering ? 9 : 3 + 6 * random.uniform();
        leftS = a.showering ? 420 : 60 + 120 * random.uniform();
      }
      total += (flow + drip(a.wear.leak)) * dtS / 60_000;
    },
    voices: [
      {
        name: "flow",
        unit: "l/min",
        everyS: 60,
        read: (a) => {
          const all = flow + drip(a.wear.leak);
          return all === 0 ? 0 : all * (1 + 0.02 * random.normal());
        },
      },
      { name: "total", unit: "m³", decimals: 3, everyS: 300, read: () => total },
    ],
  });
}

const drip = (leak: number) => leak > 0 ? 0.9 : 0;

/** Meters that a service reads once a day. */
export function meters(random: Random, around: AroundAt): Machine {
  let gas = 5120;
  return houseMachine("cellar/meters", random, around, {
    live: (a, dtS) => void (gas += (12 - a.tempC) * dtS / 86_400 / 3),
    voices: [
      { name: "gas_total", unit: "m³", decimals: 2, everyS: 86_400, read: () => gas },
      { name: "month", unit: "", state: true, onChange: 1, read: () => "February" },
    ],
  });
}
