/**
 * Made-up machines that ran until they failed, in the layout of C-MAPSS: three settings and fourteen sensors. With
 * several conditions the settings jump between them from row to row, and every sensor's level and reach with them, by
 * far more than wear moves it (as in FD002).
 */
import { randomFrom } from "../../../lib/detect/forest/isolation.ts";
import type { Run } from "../../../lib/detect/life/fleet/run_features.ts";

const SETTINGS = 3, SENSORS = 14;
export const MADE_COLUMNS = SETTINGS + SENSORS;

export interface MadeFleet {
  lives: number;
  conditions: number;
  seed: number;
}

export function madeFleet({ lives, conditions, seed }: MadeFleet): Run[] {
  const random = randomFrom(seed);
  const noise = () => (random() + random() + random() + random() - 2) * Math.sqrt(3);
  const settings = table(conditions, SETTINGS, () => Math.round(random() * 8) * 5);
  const level = table(conditions, SENSORS, () => 500 + 300 * noise());
  const reach = table(conditions, SENSORS, () => 2 ** (2 * random() - 1));
  // Some wear shows strongly, some hardly, four sensors say nothing of it.
  const wears = Array.from(
    { length: SENSORS },
    (_, s) => s < 10 ? (s % 2 ? -1 : 1) * (1 + s) / 2 : 0,
  );
  return Array.from({ length: lives }, () => {
    const rows = 130 + Math.floor(220 * random() ** 1.5);
    const sets = 0.2 + 0.5 * random(), steep = 3 + 2 * random();
    const own = Array.from({ length: SENSORS }, () => noise());
    const data = new Float64Array(rows * MADE_COLUMNS);
    for (let r = 0; r < rows; r++) {
      const c = Math.floor(random() * conditions);
      const gone = Math.max(0, (r / rows - sets) / (1 - sets)),
        wear = Math.expm1(steep * gone) / Math.expm1(steep);
      for (let s = 0; s < SETTINGS; s++) {
        data[r * MADE_COLUMNS + s] = settings[c][s] + 0.01 * noise();
      }
      for (let s = 0; s < SENSORS; s++) {
        const moved = wears[s] * wear + 0.3 * own[s] + noise();
        data[r * MADE_COLUMNS + SETTINGS + s] = level[c][s] + reach[c][s] * moved;
      }
    }
    return { data, rows };
  });
}

function table(rows: number, columns: number, of: () => number): number[][] {
  return Array.from({ length: rows }, () => Array.from({ length: columns }, of));
}
