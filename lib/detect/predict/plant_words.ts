/**
 * What is said of a machine, as people at the plant say it: the sensor's own name, its value with its unit, what is
 * usual. What the model computed is beside it, in the parts of the outlook. Pure.
 */
import type { Sensor } from "../../machines/sensor.ts";
import { beside, exact, withUnit } from "../../words/numbers.ts";
import { lastLevel, sensorTitle, title } from "../../words/names.ts";
import { headed, headline, headName, innerName, usualWords } from "../../words/usual.ts";
import { levelOf, type Limits } from "../limits.ts";
import type { FeatureShare, Outlook, SensorShare } from "./shapes.ts";

type Judged = Pick<Outlook, "class" | "summary" | "action"> & {
  sensors: readonly SensorShare[];
  features?: readonly FeatureShare[];
};
type Named = Pick<Sensor, "name" | "sensor" | "unit" | "settings">;

/** Sensors that hardly count are not named beside the first. */
const COUNTS = 0.1;
const STILL: ReadonlySet<string> = new Set(["smallest_activity", "smallest_spread"]);

/** The same verdict in plant words; a headline has at most 12. */
export function inPlantWords<T extends Judged>(
  verdict: T,
  own: readonly Named[],
  limitsOf: (name: string) => Limits | null,
): T {
  const nameOf = (full: string) => {
    const sensor = own.find(({ name }) => name === full);
    return sensor === undefined ? title(lastLevel(full)) : sensorTitle(sensor);
  };
  const action = own.toSorted((a, b) => b.name.length - a.name.length).reduce(
    (text, { name }) => text.replaceAll(name, innerName(nameOf(name))),
    verdict.action,
  );
  if (verdict.class === "normal") return { ...verdict, action };
  const unitOf = (full: string) => own.find(({ name }) => name === full)?.unit ?? null;
  const summary = ofLimit(verdict, nameOf, unitOf, limitsOf) ??
    ofParts(verdict, nameOf, unitOf);
  return { ...verdict, action, summary: headline(summary ?? verdict.summary) };
}

/** A limit that is crossed says most. */
function ofLimit(
  { sensors, class: kind }: Judged,
  nameOf: (full: string) => string,
  unitOf: (full: string) => string | null,
  limitsOf: (name: string) => Limits | null,
): string | null {
  for (const { name, value } of sensors) {
    const limits = limitsOf(name);
    if (limits === null || !Number.isFinite(value)) continue;
    const { level, side } = levelOf(limits, value);
    if (level !== kind) continue;
    const limit = side === "high"
      ? level === "critical" ? limits.criticalHigh : limits.warningHigh
      : level === "critical"
      ? limits.criticalLow
      : limits.warningLow;
    if (limit === null) continue;
    const unit = withUnit("", unitOf(name));
    const where = value === limit ? "at" : value > limit ? "above" : "below";
    const rest = `${beside(value, limit)}${unit}, ${where} its ${level} limit ${
      exact(limit)
    }${unit}`;
    return headed(nameOf(name), rest);
  }
  return null;
}

function ofParts(
  { sensors, features = [] }: Judged,
  nameOf: (full: string) => string,
  unitOf: (full: string) => string | null,
): string | null {
  const [first, second] = sensors;
  if (first === undefined) return null;
  const telling = features[0]?.name ?? "";
  if (STILL.has(telling)) {
    return `${headName(nameOf(features[0].sensor ?? first.name))} has gone quiet`;
  }
  const usual = usualWords(
    nameOf(first.name),
    first.value,
    first.low,
    first.high,
    unitOf(first.name),
  );
  if (first.outside && usual !== null) return usual;
  const name = innerName(nameOf(first.name));
  return second !== undefined && second.contribution >= COUNTS
    ? `Behaves unusually: ${name} and ${innerName(nameOf(second.name))} no longer move together`
    : `Behaves unusually: ${name} no longer moves with the others`;
}
