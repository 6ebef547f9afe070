/**
 * Perch as `perch serve` runs it, with a fault that SIGUSR2 sets off. Arguments: the fault, then those of Perch.
 * `pings` (a deliberate break): a thread of its own sends signs of life whatever the others do.
 */
import { buildApp } from "../../lib/app.ts";
import type { Parts } from "../../lib/app/parts.ts";
import { VARIABLE_NAMES } from "../../lib/base/variables.ts";
import type { Command } from "../../lib/cli/command.ts";
import { runApp } from "../../lib/cli/run_app.ts";
import { runPerch } from "../../lib/cli/run.ts";
import { processTerminal } from "../../lib/cli/terminal.ts";

const [fault, sabotage, ...args] = Deno.args;
const env = Object.fromEntries(VARIABLE_NAMES.map((name) => [name, Deno.env.get(name)]));

const FAULTS: Record<string, (parts: Parts) => void> = {
  loop() {
    for (;;);
  },
  worker({ storage }) {
    const sql = "with recursive c(x) as (select 1 union all select x + 1 from c) " +
      "select max(x) from c";
    storage.db.query({ sql }).catch(() => {});
  },
  intake({ storage }) {
    storage.readings.append = () => new Promise(() => {});
  },
  descriptors() {
    const held: Deno.FsFile[] = [];
    setInterval(() => {
      try {
        for (;;) held.push(Deno.openSync("/dev/null"));
      } catch {
        // None is left; whatever is closed is taken, too.
      }
    }, 10);
  },
  none() {},
};

const serve: Command = {
  name: "serve",
  summary: "",
  options: {},
  run: ({ config, terminal }) =>
    runApp({
      config: config("serve"),
      command: "serve",
      terminal,
      build: buildApp,
      onStarted(app) {
        Deno.addSignalListener("SIGUSR2", () => FAULTS[fault](app.parts()));
        return Promise.resolve(() => Promise.resolve());
      },
    }),
};

if (sabotage === "pings") {
  const source = `
    import { openServiceSocket } from ${
    JSON.stringify(import.meta.resolve("../../lib/base/service_socket.ts"))
  };
    const socket = openServiceSocket(${JSON.stringify(env.NOTIFY_SOCKET)});
    setInterval(() => socket.send("WATCHDOG=1"), 200);`;
  const path = await Deno.makeTempFile({ suffix: ".ts" });
  await Deno.writeTextFile(path, source);
  new Worker(new URL(`file://${path}`), { type: "module" });
}
Deno.exit(
  await runPerch(args, { terminal: processTerminal(), env, cwd: Deno.cwd(), commands: [serve] }),
);
