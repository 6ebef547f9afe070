/** Words looked for among 10 000 sensors: how long nothing else runs meanwhile, in turns and in one go. */
import { matchingInTurns } from "../../lib/search/in_turns.ts";
import type { Machine } from "../../lib/machines/machine.ts";
import type { Sensor } from "../../lib/machines/sensor.ts";
import { matching } from "../../lib/words/matching.ts";
import { sensorTexts } from "../../routes/machines/request.ts";
import { type BenchOptions, type BenchResult, doing, median } from "../support/bench.ts";

const MACHINES = 1_000;
const SENSORS = 10_000;
const QUERIES = ["press 3", "temprature", "oil lavel hall", "nothing of this"];
const KINDS = ["temperature", "oil_level", "vibration_rms"];

/** Figures: the longest time without a turn of the main loop, of the worst question; and how the two compare. */
export async function run(options: BenchOptions): Promise<BenchResult> {
  const rounds = options.quick ? 3 : 15;
  const machines = new Map(
    Array.from({ length: MACHINES }, (_, i) => {
      const path = `hall-${i % 9}/press-${i}`;
      return [path, { path, name: i % 2 ? null : `Press ${i}`, tags: ["hydraulic"] } as Machine];
    }),
  );
  const paths = [...machines.keys()];
  const sensors = Array.from({ length: SENSORS }, (_, i) => {
    const machine = paths[i % MACHINES];
    const sensor = `${KINDS[i % 3]}_${i}`;
    const settings = { display_name: i % 4 ? null : `Oil level ${i}` };
    return { name: `${machine}/${sensor}`, machine, sensor, settings } as Sensor;
  });
  const textsOf = (sensor: Sensor) => sensorTexts({ find: (path) => machines.get(path) }, sensor);
  const worst = async (work: (query: string) => unknown) => {
    const ofQueries: number[] = [];
    for (const query of QUERIES) {
      const found: number[] = [];
      for (let i = 0; i < rounds; i++) found.push(await longestTurn(() => work(query)));
      ofQueries.push(median(found));
    }
    return Math.max(...ofQueries);
  };
  doing(`${QUERIES.length} questions to ${SENSORS} sensors in one go, ${rounds} times`);
  const atOnce = await worst((query) => matching(sensors, query, textsOf));
  doing("the same in turns");
  const inTurns = await worst((query) => matchingInTurns(sensors, query, textsOf));
  return {
    name: "filters",
    figures: {
      sensors: SENSORS,
      at_once_ms: atOnce,
      in_turns_ms: inTurns,
      ratio: inTurns / atOnce,
    },
  };
}

/** The longest time between two turns of the loop while something is done. */
async function longestTurn(work: () => unknown): Promise<number> {
  let longest = 0;
  let sinceMs = performance.now();
  const look = () => {
    const nowMs = performance.now();
    longest = Math.max(longest, nowMs - sinceMs);
    sinceMs = nowMs;
  };
  const timer = setInterval(look, 0);
  await new Promise((resolve) => setTimeout(resolve, 5));
  longest = 0;
  await work();
  await new Promise((resolve) => setTimeout(resolve, 5));
  clearInterval(timer);
  return longest;
}
