import { described } from "../bench/figures.ts";
import type { Command } from "../command.ts";

const SECONDS = 20;

/** Measures; changes nothing, and leaves nothing behind. */
export const bench: Command = {
  name: "bench",
  summary: "what this host does: readings a second, fsync, bytes per reading, queries, detection",
  notes: [
    "It works in a folder of its own beside the data, which is removed again: a Perch that runs is not touched, but " +
    "the two share the processor and the disk.",
  ],
  options: {
    dir: { type: "string", value: "DIR", help: "whose disk is measured (default: the data's)" },
    seconds: { type: "string", value: "N", help: `how long, 2 to 120 (default ${SECONDS})` },
  },
  async run({ terminal, flags, json, config }) {
    const seconds = flags.number("seconds", 2, 120) ?? SECONDS;
    const { dataDir, intake: { commitIntervalMs } } = config();
    const { placeOf, Stopped, withScratch } = await import("../bench/scratch.ts");
    const { measure } = await import("../bench/measure.ts");
    const dir = await placeOf(flags.text("dir"), dataDir);
    try {
      const figures = await withScratch(dir, (folder, signal) =>
        measure({
          ...{ folder, dir, seconds, commitIntervalMs, signal },
          doing: (part) => terminal.err(`${part} …`),
        }));
      if (json) terminal.out(JSON.stringify(figures));
      else for (const line of described(figures)) terminal.out(line);
      return 0;
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
      terminal.err("Stopped; what was written is removed.");
      return 1;
    }
  },
};
