/** The script of a detector: the text that is to run, what is loaded of it, and the sensors that it wants. */
import type { LoadedScript, RunnableScript, ScriptFault } from "../../scripts/script.ts";
import { callScript } from "./call.ts";
import { type Exports, readExports } from "./contract.ts";
import type { Draft } from "./memory.ts";
import type { CustomDeps } from "./options.ts";
import { withEntry } from "./script_text.ts";
import type { Judged, Step } from "./steps.ts";

export class ScriptSlot {
  #script: LoadedScript | null = null;
  #exports: Exports | null = null;
  readonly #watches = new Map<number, boolean>();
  #batches = 0;

  constructor(
    /** The text that is to run. */
    public wanted: RunnableScript,
    private readonly deps: Pick<CustomDeps, "scripts" | "sensorOf">,
  ) {}

  /** What is loaded is what is to run. */
  get isCurrent(): boolean {
    return this.#script?.hash === this.wanted.hash;
  }

  /** What its script calls it; null: it does not, or is not known yet. */
  get title(): string | null {
    return this.#exports?.title ?? null;
  }

  get isLoaded(): boolean {
    return this.#script !== null;
  }

  /** Whether it wants the readings of a sensor; as long as that is not known, it does. */
  watches(sensor: number): boolean {
    let known = this.#watches.get(sensor);
    if (known === undefined) {
      const path = this.deps.sensorOf(sensor)?.path;
      if (this.#exports === null) return path !== undefined;
      known = path !== undefined && this.#exports.matches(path);
      this.#watches.set(sensor, known);
    }
    return known;
  }

  /** The sensor is another now. */
  replan(sensor: number): void {
    this.#watches.delete(sensor);
  }

  /** Loads what is to run. */
  async load(): Promise<{ exports: Exports } | { fault: ScriptFault }> {
    this.unload();
    const { wanted, deps: { scripts: { sandbox } } } = this;
    let loaded = await sandbox.load(withEntry(wanted));
    if ("fault" in loaded) {
      // Alone it says where it is broken: what is appended cannot be meant.
      const alone = await sandbox.load(wanted);
      if ("script" in alone) alone.script.unload();
      else loaded = alone;
    }
    if ("fault" in loaded) return loaded;
    const read = readExports(loaded.script.exports);
    if ("fault" in read) {
      loaded.script.unload();
      return read;
    }
    this.#script = loaded.script;
    this.#exports = read.exports;
    this.#watches.clear();
    return read;
  }

  unload(): void {
    this.#script?.unload();
    this.#script = null;
  }

  /** Null: the sandbox was started anew in between. */
  judge(draft: Draft, steps: readonly Step[]): Promise<Judged | null> {
    const { sensorOf } = this.deps;
    return callScript({ script: this.#script!, draft, batch: ++this.#batches, steps, sensorOf });
  }
}
