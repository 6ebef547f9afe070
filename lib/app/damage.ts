import type { Clock } from "../base/clock.ts";
import type { Task } from "../base/supervisor.ts";
import type { SqlStatement } from "../db/client.ts";
import type { EventDraft } from "../events/event.ts";
import { machineTitleAt, sensorTitle, withinSentence } from "../words/names.ts";
import type { Registry } from "../machines/registry.ts";
import { createReadingsCheck } from "../readings/check_task.ts";
import type { Damage, ReadingsStore } from "../readings/store.ts";
import type { StorageTroubles } from "./storage_troubles.ts";

/** Sensors that are named in one sentence. */
const NAMED_MOST = 3;

/** Damage in the stored readings, and whether it is acknowledged. */
export interface DamageWatch {
  /** Looks for it, and reports it. */
  task: Task;
  all(): Promise<Damage[]>;
  /** Acknowledges all that was found until then: it is reported no longer. Gives how many parts. */
  acknowledge(foundUntilMs: number, extra: readonly SqlStatement[]): Promise<number>;
}

/**
 * Looks for damage in the stored readings, and reports what is not acknowledged yet: as a trouble of the storage
 * (component, alarm and banner), and what was found since `sinceMs` as an event.
 */
export function watchDamage(deps: {
  clock: Clock;
  readings: Pick<ReadingsStore, "check" | "damage" | "acknowledgeDamage">;
  troubles: Pick<StorageTroubles, "say">;
  words: DamageWords;
  append: (event: EventDraft) => Promise<unknown>;
  /** When this Perch was started: what was found before was reported then. */
  sinceMs: number;
}): DamageWatch {
  const { clock, readings, troubles } = deps;
  const reported = new Set<string>();

  async function report(all: readonly Damage[]): Promise<void> {
    const damage = all.filter(({ acknowledgedMs }) => acknowledgedMs === null);
    const detail = damage.length === 0 ? null : sentenceOf(damage, deps.words);
    troubles.say("damage", detail === null ? null : { health: "degraded", detail });
    const news = damage.filter((d) => d.foundMs >= deps.sinceMs && !reported.has(keyOf(d)));
    if (news.length === 0) return;
    await deps.append({
      type: "readings.damaged",
      subject: news.length === 1 ? `${news[0].kind}:${news[0].ref}` : "readings",
      severity: "critical",
      tMs: clock.now(),
      text: sentenceOf(news, deps.words).replace(/\.$/, ""),
      actor: null,
      body: { count: news.length, damaged: news.slice(0, 20) },
      // The alarm goes out.
      route: false,
    });
    for (const d of news) reported.add(keyOf(d));
  }
  return {
    task: createReadingsCheck({ readings, clock, report }),
    all: () => readings.damage(),
    async acknowledge(foundUntilMs, extra) {
      const count = await readings.acknowledgeDamage(foundUntilMs, extra);
      await report(await readings.damage());
      return count;
    },
  };
}

const keyOf = ({ kind, ref, foundMs }: Damage) => `${kind} ${ref} ${foundMs}`;

/** How people call what is damaged. */
export interface DamageWords {
  /** A sensor with its machine, by storage number; null when there is none of it. */
  sensor(num: number): string | null;
  /** A time in the site's zone. */
  time(tMs: number): string;
}

/** A sensor within a sentence, with its machine: `bearing vibration (Press 3)`. Null when there is none. */
export function sensorAtMachine(
  registry: Pick<Registry, "byNum" | "machines">,
  num: number,
): string | null {
  const sensor = registry.byNum(num);
  if (!sensor) return null;
  const machine = machineTitleAt(registry.machines, sensor.machine);
  return `${withinSentence(sensorTitle(sensor))} (${machine})`;
}

/** What is damaged, what is missing, and what to do. */
export function sentenceOf(
  damage: readonly Damage[],
  words: DamageWords,
): string {
  const missing = damage.filter((d) => d.kind !== "summary" && d.toMs > d.fromMs);
  const parts = damage.length === 1 ? "1 part is" : `${damage.length} parts are`;
  const found = `Stored readings are damaged: ${parts} not what was written.`;
  if (missing.length === 0) {
    return `${found} Nothing is missing: it is rebuilt from intact data. Check the disk, and acknowledge it under Sources.`;
  }
  const readings = missing.reduce((sum, d) => sum + d.readings, 0);
  const count = readings === 0
    ? "An unknown number of readings"
    : `${missing.some((d) => d.readings === 0) ? "At least" : "About"} ${readings} readings`;
  return `${found} ${count} of ${sensorsOf(missing, words)}${
    spanOf(missing, words)
  } are left out of ` +
    "answers, and marked there. Copy the data directory before anything else, check the disk, and " +
    "restore a backup; or acknowledge it under Sources, and go on without them.";
}

function sensorsOf(damage: readonly Damage[], words: DamageWords): string {
  const nums = new Set(damage.map(({ sensor }) => sensor));
  if (nums.has(null)) return "any sensor";
  const names = [...nums].map((num) => words.sensor(num!) ?? `sensor number ${num}`);
  const more = names.length - NAMED_MOST;
  return names.slice(0, NAMED_MOST).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

function spanOf(damage: readonly Damage[], words: DamageWords): string {
  const known = damage.filter(({ fromMs }) => fromMs > 0);
  if (known.length < damage.length || known.length === 0) return "";
  const fromMs = Math.min(...known.map((d) => d.fromMs));
  const toMs = Math.max(...known.map((d) => d.toMs));
  return ` from ${words.time(fromMs)} to ${words.time(toMs)}`;
}
