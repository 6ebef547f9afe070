/** What will probably happen: outlooks of machines, and values near their limits. Pure. */
import { exact, withUnit } from "../words/numbers.ts";
import { duration } from "../words/times.ts";
import type { AnalysisBody } from "./analysis.ts";
import type { OutlookFact, SensorFact, SiteFacts } from "./facts.ts";
import { valueWords } from "./words.ts";

const INSIGHTS_MOST = 10;
/** Share of the way from the usual range to a limit from which on a value is near it. */
const NEAR = 0.7;

/** The first of them, outlooks before distances to limits. */
export function insightsOf(facts: SiteFacts): AnalysisBody["insights"] {
  return [
    ...facts.outlooks.flatMap(outlookInsights),
    ...facts.sensors.flatMap((sensor) => nearLimit(sensor) ?? []),
  ].slice(0, INSIGHTS_MOST);
}

function outlookInsights(
  { machineTitle, class: kind, summary, action, life }: OutlookFact,
): AnalysisBody["insights"] {
  const out: string[] = [];
  if (kind !== "normal") out.push(`${summary.replace(/\.$/, "")}. ${action}`.trim());
  if (life !== null) {
    const { sensorTitle, unit, limit, remainingMs, lowMs, highMs } = life;
    const until = highMs === null ? "or much later" : `and ${duration(highMs)}`;
    out.push(
      `${sensorTitle} will probably reach its limit of ${withUnit(exact(limit), unit)} in ${
        duration(remainingMs)
      } (between ${duration(lowMs)} ${until}).`,
    );
  }
  return out.map((text) => ({ text: `${machineTitle}: ${text}`, machine: machineTitle }));
}

/** A value that has gone most of the way from what is usual to its next limit. */
function nearLimit(sensor: SensorFact): AnalysisBody["insights"][number] | null {
  const { value, usual, limits, status, unit, title, machineTitle } = sensor;
  if (status !== "normal" || typeof value !== "number" || usual === null) return null;
  const high = limits.warningHigh ?? limits.criticalHigh;
  const low = limits.warningLow ?? limits.criticalLow;
  const share = (from: number, to: number | null) =>
    to === null || to === from ? 0 : (value - from) / (to - from);
  const near = high !== null && high > usual.high && share(usual.high, high) >= NEAR
    ? high
    : low !== null && low < usual.low && share(usual.low, low) >= NEAR
    ? low
    : null;
  if (near === null) return null;
  return {
    text:
      `${machineTitle}: ${title} is ${
        valueWords(sensor)
      }, outside what is usual and close to its ` +
      `limit of ${withUnit(exact(near), unit)}.`,
    machine: machineTitle,
  };
}
