import "./lib/base/denied_env.ts";
import { VARIABLE_NAMES } from "./lib/base/variables.ts";
import { runPerch } from "./lib/cli/run.ts";
import { processTerminal } from "./lib/cli/terminal.ts";

if (import.meta.main) {
  // By name: the permissions list exactly these variables.
  const env = Object.fromEntries(VARIABLE_NAMES.map((name) => [name, Deno.env.get(name)]));
  Deno.exit(await runPerch(Deno.args, { terminal: processTerminal(), env, cwd: Deno.cwd() }));
}
