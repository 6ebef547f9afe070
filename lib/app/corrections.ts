import { systemActor } from "../access/audit_row.ts";
import type { Access } from "../access/access.ts";
import type { AskModel } from "../ai/ask.ts";
import { type Corrections, createCorrections } from "../faults/corrections/corrections.ts";
import type { Counts } from "../faults/corrections/health.ts";
import type { Faults } from "../faults/faults.ts";
import { createSandbox } from "../scripts/sandbox.ts";
import { componentOf } from "../scripts/script.ts";
import type { Scripts } from "../scripts/scripts.ts";
import type { CodecGate } from "../sources/codecs/gate.ts";
import type { CustomDetection } from "./custom_detectors.ts";
import type { Foundation } from "./foundation.ts";
import { judgeAnswer, judgeExports } from "./script_judges.ts";
import { createScriptSamples, type ScriptSampleNeeds } from "./script_samples.ts";

/** What codecs and custom detectors have done since the start. */
export function scriptCounts(
  codecs: Pick<CodecGate, "views">,
  detectors: Pick<CustomDetection, "stats">,
): Map<string, Counts> {
  const counts = new Map<string, Counts>();
  for (const { name, decoded, errors, values } of codecs.views()) {
    const messages = decoded + errors;
    counts.set(componentOf({ kind: "codec", name }), {
      messages,
      faults: errors,
      readings: values,
    });
  }
  // What a detector finds says nothing of how it does; one that cannot go on is a fault, and seen by that.
  for (const { name, steps } of detectors.stats()) {
    const each = { messages: steps, faults: 0, readings: steps };
    counts.set(componentOf({ kind: "detector", name }), each);
  }
  return counts;
}

/** Corrections of scripts and settings: nothing is loaded before the first fault of one. */
export async function createCorrectionParts(
  { config, clock, log: root, storage, events, bus, settings, ending }: Foundation,
  { faults, scripts, access, askModel, counts, sensors, facts }: {
    faults: Faults;
    scripts: Scripts;
    access: Access;
    askModel: AskModel | null;
    /** What codecs and custom detectors have done since the start. */
    counts: () => ReadonlyMap<string, Counts>;
  } & Pick<ScriptSampleNeeds, "sensors" | "facts">,
): Promise<Corrections> {
  const log = root.child("corrections");
  // Of its own: what is tried on many messages keeps no script that works waiting.
  const sandbox = createSandbox({ log });
  ending(() => sandbox.stop());
  const actor = systemActor("corrections");
  const corrections = createCorrections({
    db: storage.db,
    clock,
    log,
    dataDir: config.dataDir,
    events,
    audited: (change) => access.audit.statement({ actor, ...change }),
    faults,
    scripts,
    sandbox,
    samples: createScriptSamples({ clock, scripts, sensors, readings: storage.readings, facts }),
    judge: judgeAnswer,
    judgeExports,
    settings: {
      unusedValue: settings.unusedValue,
      schema: (key) => settings.view(key).schema,
      value: (key) => settings.view(key).value,
      set: async (key, value, by, also) => void await settings.set(key, value, by, () => [...also]),
    },
    ask: askModel,
    counts,
    windowMs: () => settings.get("faults.watch_s") * 1000,
    deletionMs: clock.deletionMs,
  });
  await corrections.load();
  bus.subscribe("faults", corrections.hear);
  return corrections;
}
