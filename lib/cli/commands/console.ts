import { systemClock } from "../../base/clock.ts";
import { PerchError } from "../../base/errors.ts";
import type { Command, CommandContext, ExitCode } from "../command.ts";
import { runningUrl } from "../lock.ts";

export const consoleCommand: Command = {
  name: "console",
  summary: "show what is wrong with the running Perch, and repair it from the terminal",
  options: {},
  notes: [
    "Shows each open fault with the corrected code, and takes keys: ENTER resumes what is paused, a applies " +
    "the correction after an admin has signed in for it, r looks for another one, s shows how Perch is, q quits.",
    "Without a terminal: --json prints the open faults and their corrections. Exit code 0: none is open, " +
    "1: some are, or no Perch runs.",
  ],
  async run(context) {
    const { terminal, json, config } = context;
    const { dataDir, terminal: { isDumb } } = config();
    if (json) return await printFaults(context, dataDir);
    const { openTty } = await import("../console/tty.ts");
    const tty = openTty({ out: Deno.stdout, isDumb, takesSignals: true });
    if (tty === null) {
      terminal.err(
        "perch console needs a terminal with a keyboard; without one, perch console --json prints the open " +
          "faults and their corrections.",
      );
      return 2;
    }
    await needRunning(dataDir);
    const { reachConsole } = await import("../console/reach.ts");
    const { createPane } = await import("../console/pane.ts");
    const { runSession } = await import("../console/session.ts");
    const calls = reachConsole(dataDir);
    try {
      const clock = systemClock();
      await runSession({ calls, tty, pane: createPane(tty), clock, quit: "quit" });
      return 0;
    } finally {
      calls.close();
    }
  },
};

/** @throws PerchError `unavailable` */
async function needRunning(dataDir: string): Promise<void> {
  if (await runningUrl(dataDir) !== null) return;
  throw new PerchError(
    "unavailable",
    `No Perch runs on ${dataDir}: there is nothing to show. perch serve starts one.`,
  );
}

async function printFaults({ terminal }: CommandContext, dataDir: string): Promise<ExitCode> {
  await needRunning(dataDir);
  const { reachConsole } = await import("../console/reach.ts");
  const calls = reachConsole(dataDir);
  try {
    const faults = await calls.openFaults();
    terminal.out(JSON.stringify({ faults }));
    return faults.length === 0 ? 0 : 1;
  } finally {
    calls.close();
  }
}
