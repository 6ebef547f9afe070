import { join } from "node:path";
import { codecFaults, codecPausables, codecStates } from "./codec_report.ts";
import { type CodecGate, createCodecGate } from "../sources/codecs/gate.ts";
import type { RunnableScript } from "../scripts/script.ts";
import type { Scripts } from "../scripts/scripts.ts";
import type { FaultSource, Pausable } from "../faults/fault.ts";
import type { Foundation } from "./foundation.ts";
import type { IntakeFiles, IntakeParts } from "./intake.ts";
import type { ScriptParts } from "./scripts.ts";

export interface CodecParts {
  codecs: CodecGate;
  codecFaults: FaultSource;
  codecPausables: () => Pausable[];
}

const MEGABYTE = 1_000_000;

/** What stands between MQTT and the intake: messages that a codec claims go through it. */
export async function createCodecParts(
  { config, clock, log, settings, refusal, components, ending }: Foundation,
  { poison }: IntakeFiles,
  { intake }: IntakeParts,
  { scripts }: ScriptParts,
): Promise<CodecParts> {
  const codecs = await createCodecGate({
    folder: join(config.dataDir, "spool"),
    ...{ intake, poison, clock },
    arrival: clock.arrival,
    log: log.child("codecs"),
    limits: () => ({
      bytes: settings.get("codecs.spool_mb") * MEGABYTE,
      messages: settings.get("codecs.spool_messages"),
    }),
    refusal: () => refusal()?.message ?? null,
    topics: config.mqtt.topics,
    sandbox: () => Promise.resolve(scripts.sandbox),
    scripts: () => codecScripts(scripts),
    onChange: (listener) => scripts.onChange(listener),
    addSample: (ref, topic, payload, tMs) => scripts.addSample(ref, topic, payload, tMs),
  });
  ending(() => codecs.close());
  components.registerAll(() => codecStates(codecs));
  return {
    codecs,
    codecFaults: codecFaults(codecs, clock.now),
    codecPausables: () => codecPausables(codecs),
  };
}

/** Codecs by name. One that was restored, or whose file cannot be read, keeps its topics. */
function codecScripts(scripts: Pick<Scripts, "runnable" | "list">) {
  const held = scripts.list().flatMap(({ kind, name, state, problem }): [string, string][] => {
    if (kind !== "codec") return [];
    if (state === "awaiting") return [[name, "it waits for somebody to approve it"]];
    return state === "faulty" ? [[name, `its file cannot be used: ${problem}`]] : [];
  });
  const running = scripts.runnable("codec").map((one): [string, RunnableScript] => [one.name, one]);
  return new Map<string, RunnableScript | string>([...held, ...running]);
}
