/** What is sent: line protocol with times in ms, values of two decimals that wander as those of a plant do. */

/** One set of readings, always the same for the same description. */
export interface LineSet {
  /** One reading of each a second, at the same moment. */
  sensors: number;
  readings: number;
  startMs: number;
  /** Lines in one request. */
  batch: number;
}

/** AR(1): how much of its distance to the mean a value keeps from one reading to the next, and the noise upon it. */
const KEEPS = 0.98;
const NOISE = 0.05;

/** Bodies of requests, in order of time. */
export function bodiesOf(
  { sensors, readings, startMs, batch }: LineSet,
): Uint8Array<ArrayBuffer>[] {
  const gauss = gaussian(7);
  const away = new Float64Array(sensors);
  const encoder = new TextEncoder();
  const bodies: Uint8Array<ArrayBuffer>[] = [];
  let lines = "";
  for (let i = 0; i < readings; i++) {
    const s = i % sensors;
    away[s] = KEEPS * away[s] + NOISE * gauss();
    const value = (20 + s / 10 + away[s]).toFixed(2);
    lines += `m,machine=bench/m s${s}=${value} ${startMs + Math.floor(i / sensors) * 1_000}\n`;
    if ((i + 1) % batch !== 0 && i + 1 < readings) continue;
    bodies.push(encoder.encode(lines));
    lines = "";
  }
  return bodies;
}

function gaussian(seed: number): () => number {
  let state = seed >>> 0;
  const uniform = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state + 0.5) / 4_294_967_296;
  };
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}
