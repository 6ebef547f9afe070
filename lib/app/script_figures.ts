import type { ScriptRef } from "../scripts/script.ts";
import { NO_FIGURES, type ScriptFigures } from "../scripts/shapes.ts";
import type { Parts } from "./parts.ts";

/** How a script is doing, for the API and the pages; null: nobody runs it. */
export function scriptFigures(
  parts: Pick<Parts, "codecs" | "custom" | "ownDrivers">,
  { kind, name }: ScriptRef,
): ScriptFigures | null {
  if (kind === "driver") return driverFigures(parts, name);
  if (kind === "codec") return codecFigures(parts, name);
  return kind === "detector" ? detectorFigures(parts, name) : null;
}

function driverFigures({ ownDrivers }: Pick<Parts, "ownDrivers">, name: string) {
  const one = ownDrivers().find((figures) => figures.name === name);
  if (one === undefined) return null;
  const { reads, failed, fault } = one;
  return { ...NO_FIGURES, inputs: reads, failed, error: fault };
}

function codecFigures({ codecs }: Pick<Parts, "codecs">, name: string): ScriptFigures | null {
  const view = codecs.views().find((one) => one.name === name);
  if (view === undefined) return null;
  const { messages, errors, error, broken, pause, waiting } = view;
  return {
    inputs: messages,
    failed: errors,
    fault: broken ?? pause?.fault ?? null,
    error: error?.fault ?? null,
    paused: pause !== null,
    waiting,
  };
}

function detectorFigures({ custom }: Pick<Parts, "custom">, name: string): ScriptFigures | null {
  const stats = custom.stats().find((one) => one.name === name);
  if (stats === undefined) return null;
  const { steps, skipped, stopped, paused } = stats;
  const fault = stopped === null
    ? null
    : { type: "runtime" as const, message: stopped, line: null, column: null };
  return { ...NO_FIGURES, inputs: steps, failed: skipped, fault, paused };
}
