/** A gate for codecs with scripts that are no scripts, for tests of what is around them. */
import { systemClock } from "../../lib/base/clock.ts";
import { silentLog } from "../../lib/base/log.ts";
import type { PoisonWatch } from "../../lib/intake/poison.ts";
import type {
  LoadedScript,
  RunnableScript,
  Sandbox,
  ScriptAnswer,
  ScriptFault,
  ScriptKind,
} from "../../lib/scripts/script.ts";
import {
  type CodecGate,
  type CodecGateDeps,
  createCodecGate,
} from "../../lib/sources/codecs/gate.ts";
import { type RecordingIntake, recordingIntake } from "./recording_intake.ts";

export const scriptFault = (
  type: ScriptFault["type"] = "runtime",
  message = "it failed",
): ScriptFault => ({ type, message, line: 2, column: null });

/** What stands for a script: its filters, and what it makes of a text. */
export interface FakeCodec {
  topics?: unknown;
  /** Of its text; default: it is another text each time. */
  hash?: string;
  /** Why it may not run. */
  held?: string;
  /** It cannot be loaded. */
  fault?: ScriptFault;
  decode?(text: string, topic: string): ScriptAnswer;
}

/** Answers with the number that the text is, and fails with everything else. */
export const numbers = (sensor = "v"): FakeCodec => ({
  topics: ["codec/+"],
  decode: (text) =>
    Number.isNaN(Number(text))
      ? { fault: scriptFault("runtime", `${text} is no number`) }
      : { ok: [{ sensor, value: Number(text) }] },
});

export interface GateUnderTest extends AsyncDisposable {
  gate: CodecGate;
  intake: RecordingIntake;
  /** Sizes of the calls. */
  calls: number[];
  samples: string[];
  limits: { bytes: number; messages: number };
  /** Another text of a codec; null: it goes. */
  put(name: string, codec: FakeCodec | null): Promise<void>;
  /** Holds calls until it is called again with false. */
  hold(held: boolean): void;
  /** Ends it and makes a new one on what is on disk, with the same codecs unless others are given. */
  again(others?: Record<string, FakeCodec>): Promise<GateUnderTest>;
}

const noPoison: Pick<PoisonWatch, "begin" | "end"> = {
  begin: () => ({ do: "read", noted: null }),
  end() {},
};

export async function startGate(
  codecs: Record<string, FakeCodec>,
  options: {
    folder?: string;
    atOnce?: "stored" | null;
    poison?: Pick<PoisonWatch, "begin" | "end">;
  } = {},
): Promise<GateUnderTest> {
  const folder = options.folder ?? await Deno.makeTempDir({ prefix: "perch-codecs-" });
  const { atOnce = null, poison = noPoison } = options;
  const intake = recordingIntake(atOnce);
  const clock = systemClock();
  const texts = new Map(Object.entries(codecs).map(([name, codec]) => [name, versioned(codec)]));
  const listeners = new Set<(kind: ScriptKind, name: string) => void>();
  const calls: number[] = [];
  const samples: string[] = [];
  const limits = { bytes: 1e9, messages: 1e6 };
  let holding = Promise.withResolvers<void>();
  holding.resolve();

  const sandbox: Sandbox = {
    load(script) {
      const { codec } = texts.get(script.name)!;
      if (codec.fault) return Promise.resolve({ fault: codec.fault });
      return Promise.resolve({ script: loaded(script, codec) });
    },
    stop() {},
  };
  const loaded = ({ kind, name, hash }: RunnableScript, codec: FakeCodec): LoadedScript => ({
    ...{ ref: { kind, name }, hash, exports: { topics: codec.topics } },
    async call(_, inputs) {
      calls.push(inputs.length);
      await holding.promise;
      return (inputs as { text: string; topic: string }[])
        .map(({ text, topic }) => codec.decode!(text, topic));
    },
    fold: () => Promise.reject(new Error("not for codecs")),
    unload() {},
  });
  const deps: CodecGateDeps = {
    ...{ folder, intake, clock, poison, log: silentLog(), topics: ["factory/#"] },
    arrival: () => ({ tMs: clock.now(), suspect: false }),
    limits: () => limits,
    refusal: () => null,
    sandbox: () => Promise.resolve(sandbox),
    scripts: () =>
      new Map(
        [...texts].map((
          [name, { codec, hash }],
        ) => [name, codec.held ?? { kind: "codec", name, source: "", hash }]),
      ),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    addSample: (_, topic, payload) =>
      void samples.push(`${topic} ${new TextDecoder().decode(payload)}`),
  };
  const gate = await createCodecGate(deps);
  await gate.loaded();
  let ended = false;
  const end = async () => {
    holding.resolve();
    if (!ended) await gate.close();
    ended = true;
  };
  return {
    ...{ gate, intake, calls, samples, limits },
    async put(name, codec) {
      if (codec === null) texts.delete(name);
      else texts.set(name, versioned(codec));
      for (const listener of listeners) listener("codec", name);
      await gate.loaded();
    },
    hold(held) {
      if (held) holding = Promise.withResolvers();
      else holding.resolve();
    },
    async again(others = codecs) {
      await end();
      return await startGate(others, { ...options, folder });
    },
    async [Symbol.asyncDispose]() {
      await end();
      await Deno.remove(folder, { recursive: true }).catch(() => {});
    },
  };
}

let version = 0;
const versioned = (codec: FakeCodec) => ({ codec, hash: codec.hash ?? `hash ${++version}` });
