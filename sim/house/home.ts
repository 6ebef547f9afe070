/** The house: rooms, kitchen, laundry, hall, cellar, roof, garage and garden. */
import { createRandom } from "../random.ts";
import type { Machine } from "../machines/machine.ts";
import { cycle, houseMachine, towards, type Voice } from "./parts.ts";
import type { Surroundings } from "./weather.ts";

type Around = (nowS: number) => Surroundings;

/** A battery that falls by a little a day; `collapse` takes it down within hours. */
function battery(name: string, start: number, perDay: number, everyS: number): Voice {
  return {
    name,
    unit: "%",
    decimals: 0,
    everyS,
    noise: 0.25,
    read: ({ nowS, wear }) =>
      Math.max(1, start - perDay * nowS / 86_400 - 70 * Math.min(1, wear.collapse)),
  };
}

export function createHome(seed: number, around: Around): Machine[] {
  const random = (name: string) => createRandom(seed, name);
  return [
    outdoors(random("outdoors"), around),
    roof(random("roof"), around),
    freezer(random("freezer"), around),
    fridge(random("fridge"), around),
    appliance("kitchen/dishwasher", random("dishwasher"), around, 1.4, 2000),
    appliance("laundry/washer", random("washer"), around, 0.5, 2100),
    living(random("living"), around),
    bedroom(random("bedroom"), around),
    bathroom(random("bathroom"), around),
    scale(random("scale"), around),
    hall(random("hall"), around),
    motion(random("motion"), around),
    thermostat(random("thermostat"), around),
    water(random("water"), around),
    meters(random("meters"), around),
    heatPump(random("heat-pump"), around),
    car(random("car"), around),
    soil(random("soil"), around),
    server(random("server"), around),
  ];
}

type R = ReturnType<typeof createRandom>;

function outdoors(random: R, around: Around): Machine {
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

/** Solar panels: the inverter measures all night, and gives nothing then. */
function roof(random: R, around: Around): Machine {
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

/** Compressor by thermostat, a defrost twice a day. */
function freezer(random: R, around: Around): Machine {
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

function fridge(random: R, around: Around): Machine {
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
function appliance(
  path: string,
  random: R,
  around: Around,
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

/** A heated room with people in it: temperature, humidity and CO2. */
function room(random: R, settle: { day: number; night: number }) {
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

function living(random: R, around: Around): Machine {
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

function bedroom(random: R, around: Around): Machine {
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
function bathroom(random: R, around: Around): Machine {
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

function scale(random: R, around: Around): Machine {
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

function hall(random: R, around: Around): Machine {
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

function motion(random: R, around: Around): Machine {
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

/** A radiator's thermostat: on change alone, set points by schedule and by hand. */
function thermostat(random: R, around: Around): Machine {
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

function water(random: R, around: Around): Machine {
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
function meters(random: R, around: Around): Machine {
  let gas = 5120;
  return houseMachine("cellar/meters", random, around, {
    live: (a, dtS) => void (gas += (12 - a.tempC) * dtS / 86_400 / 3),
    voices: [
      { name: "gas_total", unit: "m³", decimals: 2, everyS: 86_400, read: () => gas },
      { name: "month", unit: "", state: true, onChange: 1, read: () => "February" },
    ],
  });
}

function heatPump(random: R, around: Around): Machine {
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

/** A car with a tracker: speaks while it drives, and every ten minutes in between. */
function car(random: R, around: Around): Machine {
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

function soil(random: R, around: Around): Machine {
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

function server(random: R, around: Around): Machine {
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
