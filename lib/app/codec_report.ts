/** How codecs are doing, for faults, the status, the list of scripts and metrics. */
import type { FaultSource, Pausable, Sighting } from "../faults/fault.ts";
import type { ComponentState } from "../live/components.ts";
import { componentOf, type ScriptFault } from "../scripts/script.ts";
import type { CodecView } from "../sources/codecs/codec.ts";
import type { CodecGate } from "../sources/codecs/gate.ts";
import { waitingWords } from "../words/fault.ts";

/** A message that failed is a fault for so long. */
const ERROR_MS = 5 * 60_000;

/** What is wrong with codecs. */
export function codecFaults(gate: Pick<CodecGate, "views">, nowMs: () => number): FaultSource {
  return { name: "codecs", look: () => gate.views().flatMap((view) => sightings(view, nowMs())) };
}

/** Codecs that can be paused: those of which there is a script. */
export function codecPausables(gate: Pick<CodecGate, "views" | "pause" | "resume">): Pausable[] {
  return gate.views().filter(({ present }) => present).map(({ name }) => ({
    component: component(name),
    pause: (by) => gate.pause(name, by),
    resume: (by) => gate.resume(name, by),
    version: () => gate.views().find((one) => one.name === name)?.hash ?? null,
    paused() {
      const view = gate.views().find((one) => one.name === name);
      if (view === undefined || view.pause === null) return null;
      const { sinceMs, by } = view.pause;
      return { sinceMs, by, waiting: view.waiting };
    },
  }));
}

/** One for each codec. */
export function codecStates(gate: Pick<CodecGate, "views">): ComponentState[] {
  return gate.views().map((view) => {
    const { name, pause, waiting, full, present } = view;
    const well = present && pause === null && full === null;
    const waits = waitingWords(component(name), waiting);
    // What is wrong is a fault of its own.
    return {
      name: component(name),
      health: well ? "ok" : "degraded",
      detail: detailOf(view, waits === null ? "" : ` ${waits} on disk.`),
    };
  });
}

function detailOf(view: CodecView, wait: string) {
  const { present, loading, pause, broken, full, messages, errors } = view;
  if (full !== null) return `Takes nothing more: ${full}.${wait}`;
  if (!present) return `There is no such codec any more.${wait}`;
  if (broken !== null) return `Cannot be loaded: ${broken.message}.${wait}`;
  if (pause !== null) return `Paused: ${pause.by}.${wait}`;
  if (loading) return `Is being loaded.${wait}`;
  return `${messages} messages, ${errors} failed.${wait}`;
}

function sightings(view: CodecView, nowMs: number): Sighting[] {
  const { name, present, pause, broken, error, errors, waiting, full, damaged } = view;
  const found: Sighting[] = [];
  if (broken !== null) {
    found.push(sighting(name, broken, "high", `cannot be loaded: ${broken.message}`));
  } else if (pause?.fault) {
    const why = `is paused because ${pause.by}: ${pause.fault.message}`;
    found.push(sighting(name, pause.fault, "high", why));
  } else if (error !== null && nowMs - error.tMs < ERROR_MS) {
    const why = `failed at a message: ${error.fault.message}`;
    found.push({ ...sighting(name, error.fault, "medium", why), times: errors });
  }
  const of = (type: string, severity: Sighting["severity"], message: string) => ({
    cause: `${component(name)}:${type}`,
    component: component(name),
    ...{ type, severity, message },
  });
  if (full !== null) {
    const why = `codecs/${name}.js: its spool takes nothing: ${full}`;
    // Of another component: paused, it would never be empty again.
    found.push({ ...of("spool_full", "critical", why), component: `spool:${name}` });
  }
  if (damaged > 0) {
    const lost = `codecs/${name}.js: ${messages(damaged)} in its spool cannot be read`;
    found.push({ ...of("spool_damaged", "medium", lost), times: damaged });
  }
  if (!present && waiting > 0) {
    const lost = `There is no codecs/${name}.js any more, and ${
      waitingWords(component(name), waiting)
    } for it`;
    found.push(of("missing", "medium", lost));
  }
  return found;
}

function sighting(
  name: string,
  { type, line, column }: ScriptFault,
  severity: Sighting["severity"],
  what: string,
): Sighting {
  const file = `codecs/${name}.js`;
  return {
    cause: `${component(name)}:${type}_error`,
    component: component(name),
    type: `${type}_error`,
    severity,
    message: `${file} ${what}`,
    file,
    ...(line === null ? {} : { line }),
    ...(column === null ? {} : { column }),
  };
}

const component = (name: string) => componentOf({ kind: "codec", name });
const messages = (n: number) => n === 1 ? "1 message" : `${n} messages`;
