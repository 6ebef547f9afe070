import type { Random } from "../random.ts";

const DAY_S = 86_400;

/** What is outside, and what the people of the house do. One step a minute. */
export interface Surroundings {
  /** Outdoors. */
  tempC: number;
  humidity: number;
  hPa: number;
  /** W/m². */
  sun: number;
  rainMm: number;
  /** Somebody is in, and awake. */
  home: boolean;
  awake: boolean;
  cooking: boolean;
  showering: boolean;
  /** Seconds of the day, day since the start; 5 and 6 are a weekend. */
  dayS: number;
  day: number;
  workday: boolean;
}

/** A late winter with fronts and clouds, and a family that works on five days. */
export function createSurroundings(random: Random): (nowS: number) => Surroundings {
  let minute = -1;
  let front = 2 * random.normal(), cloud = 0.5 * random.normal(), pressure = 4 * random.normal();
  let plan = planOf(random, true);
  const now: Surroundings = {
    ...{ tempC: 3, humidity: 80, hPa: 1013, sun: 0, rainMm: 0 },
    ...{ home: true, awake: false, cooking: false, showering: false },
    ...{ dayS: 0, day: 0, workday: true },
  };
  function pass(): void {
    minute++;
    const dayS = (minute * 60) % DAY_S, day = Math.floor(minute / 1440);
    if (dayS === 0) plan = planOf(random, day % 7 < 5);
    front += -front / 3600 + 0.085 * random.normal();
    cloud += -cloud / 500 + 0.065 * random.normal();
    pressure += -pressure / 3000 + 0.2 * random.normal();
    const height = Math.sin(Math.PI * (dayS / DAY_S - 0.27) / 0.46);
    const clear = height > 0 && dayS < 0.73 * DAY_S ? 750 * height : 0;
    const through = 0.12 + 0.88 / (1 + Math.exp(-2.2 * cloud));
    now.sun = clear * through;
    now.tempC = 4 + 3.2 * front * 0.9 + 3.5 * Math.sin(2 * Math.PI * (dayS / DAY_S - 0.375)) +
      0.003 * now.sun;
    now.humidity = Math.min(98, Math.max(35, 82 - 2.5 * (now.tempC - 4) + 3 * front));
    now.hPa = 1012 + pressure;
    now.rainMm = cloud < -1.2 && random.uniform() < 0.2 ? 0.2 : 0;
    const hour = dayS / 3600;
    now.dayS = dayS;
    now.day = day;
    now.workday = day % 7 < 5;
    now.awake = hour >= plan.up && hour < plan.down;
    now.home = !(hour >= plan.out && hour < plan.back);
    now.cooking = now.home && Math.abs(hour - plan.dinner) < 0.5;
    now.showering = Math.abs(hour - plan.shower) < 0.2;
  }
  return (nowS) => {
    while (minute < Math.floor(nowS / 60)) pass();
    return now;
  };
}

function planOf(random: Random, workday: boolean) {
  const about = (hour: number, spread: number) => hour + spread * random.normal();
  const up = about(workday ? 6.5 : 8, 0.3);
  return {
    up,
    shower: up + 0.3 + 0.3 * random.uniform(),
    out: workday ? about(7.8, 0.2) : about(10.5, 0.8),
    back: workday ? about(17.2, 0.6) : about(13, 1.2),
    dinner: about(18.8, 0.4),
    down: about(22.8, 0.4),
  };
}
