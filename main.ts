import "./lib/base/denied_env.ts";
import { isGivenUp } from "./lib/base/scarce.ts";
import { VARIABLE_NAMES } from "./lib/base/variables.ts";
import { runPerch } from "./lib/cli/run.ts";
import { processTerminal } from "./lib/cli/terminal.ts";

if (import.meta.main) {
  globalThis.addEventListener("unhandledrejection", (event) => {
    if (isGivenUp(event.reason)) event.preventDefault();
  });
  // By name: the permissions list exactly these variables.
  const env = Object.fromEntries(VARIABLE_NAMES.map((name) => [name, Deno.env.get(name)]));
  Deno.exit(await runPerch(Deno.args, { terminal: processTerminal(), env, cwd: Deno.cwd() }));
}
