import { readRestored } from "../backup/restored.ts";
import { createSandbox } from "../scripts/sandbox.ts";
import { createScripts, type Scripts } from "../scripts/scripts.ts";
import { componentOf } from "../scripts/script.ts";
import type { FaultSource } from "../faults/fault.ts";
import type { Foundation } from "./foundation.ts";

export interface ScriptParts {
  scripts: Scripts;
  /** Files that cannot be run, and what waits for approval. */
  scriptFaults: FaultSource;
}

/** The scripts of the data directory, and the sandbox for all of them; no worker is started before the first one. */
export async function createScriptParts(foundation: Foundation): Promise<ScriptParts> {
  const { config: { dataDir }, clock, storage: { db }, events, ending } = foundation;
  const log = foundation.log.child("scripts");
  // What cannot be read may say that everything was restored.
  const restored = await readRestored(dataDir)
    .then((record) => new Set(record?.scripts ?? []), () => null);
  const sandbox = createSandbox({ log });
  ending(() => sandbox.stop());
  const scripts = await createScripts({
    ...{ dataDir, clock, log, db, events, sandbox },
    isRestored: (path) => restored?.has(path) ?? true,
  });
  ending(() => scripts.keepSamples());
  return { scripts, scriptFaults: { name: "scripts", look: () => faultsOf(scripts) } };
}

function faultsOf(scripts: Pick<Scripts, "list">): ReturnType<FaultSource["look"]> {
  return scripts.list().flatMap((script) => {
    const { state, file, problem } = script;
    if (state !== "faulty" && state !== "awaiting") return [];
    const component = componentOf(script);
    const type = state === "faulty" ? "unusable_file" : "awaits_approval";
    const message = state === "faulty"
      ? `${file} is not run: ${problem}`
      : `${file} came with a restore and does not run before somebody has approved it`;
    return [{ cause: `${type}:${component}`, component, type, severity: "medium", message, file }];
  });
}
