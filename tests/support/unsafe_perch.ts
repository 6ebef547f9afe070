/**
 * `perch serve` with a deliberate break: it commits without waiting for the disk (the tests of durability), or
 * with `SABOTAGE=slow_connections` ends no slow connection, or with `SABOTAGE=descriptors` ends when its listener
 * does, as a program whose listener is not kept; with `SABOTAGE=limits` it keeps twenty
 * times what it reads.
 */
import "../../lib/base/denied_env.ts";
import { buildApp } from "../../lib/app.ts";
import { VARIABLE_NAMES } from "../../lib/base/variables.ts";
import type { Command } from "../../lib/cli/command.ts";
import { runPerch } from "../../lib/cli/run.ts";
import { runApp } from "../../lib/cli/run_app.ts";
import { processTerminal } from "../../lib/cli/terminal.ts";
import { sabotaged } from "./sabotage.ts";

if (sabotaged("limits")) {
  const { decode } = TextDecoder.prototype;
  const kept: Uint8Array[] = [];
  TextDecoder.prototype.decode = function (input, options) {
    const bytes = input?.byteLength ?? 0;
    if (bytes > 10_000) kept.push(new Uint8Array(20 * bytes).fill(1));
    return decode.call(this, input, options);
  };
}

const NO_LIMITS = { headMs: Infinity, idleMs: Infinity, quietPerAddress: Infinity };
const serve: Command = {
  name: "serve",
  summary: "run Perch with something broken",
  options: {},
  run: ({ terminal, config }) =>
    runApp({
      config: config("serve"),
      command: "serve",
      terminal,
      build: (options) =>
        buildApp({
          ...options,
          ...(sabotaged("slow_connections")
            ? { connectionLimits: NO_LIMITS }
            : { synchronous: "normal" as const }),
        }),
    }),
};

if (sabotaged("descriptors")) {
  const listen = Deno.serve as (...args: unknown[]) => Deno.HttpServer;
  Deno.serve = ((...args: unknown[]) => {
    const server = listen(...args);
    server.finished.catch(() => Deno.exit(70));
    return server;
  }) as typeof Deno.serve;
}

const env = Object.fromEntries(VARIABLE_NAMES.map((name) => [name, Deno.env.get(name)]));
const terminal = processTerminal();
Deno.exit(await runPerch(["serve"], { terminal, env, cwd: Deno.cwd(), commands: [serve] }));
