/** `perch serve` that commits without waiting for the disk: the deliberate break of the tests of durability. */
import "../../lib/base/denied_env.ts";
import { buildApp } from "../../lib/app.ts";
import { VARIABLE_NAMES } from "../../lib/base/variables.ts";
import type { Command } from "../../lib/cli/command.ts";
import { runPerch } from "../../lib/cli/run.ts";
import { runApp } from "../../lib/cli/run_app.ts";
import { processTerminal } from "../../lib/cli/terminal.ts";

const serve: Command = {
  name: "serve",
  summary: "run Perch with synchronous=NORMAL",
  options: {},
  run: ({ terminal, config }) =>
    runApp({
      config: config("serve"),
      command: "serve",
      terminal,
      build: (options) => buildApp({ ...options, synchronous: "normal" }),
    }),
};

const env = Object.fromEntries(VARIABLE_NAMES.map((name) => [name, Deno.env.get(name)]));
const terminal = processTerminal();
Deno.exit(await runPerch(["serve"], { terminal, env, cwd: Deno.cwd(), commands: [serve] }));
