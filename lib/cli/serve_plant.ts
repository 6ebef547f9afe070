import { buildApp } from "../app.ts";
import { ownHost } from "../app/own_host.ts";
import { ownSystem } from "../app/own_system.ts";
import type { Config } from "../base/config.ts";
import type { CommandContext, ExitCode } from "./command.ts";
import { foregroundOf } from "./foreground_of.ts";
import { runApp } from "./run_app.ts";

/** What `perch serve` does. */
export async function servePlant(
  { terminal: given, flags }: CommandContext,
  config: Config,
  storageWorker: () => Worker,
): Promise<ExitCode> {
  const foreground = await foregroundOf(given, config);
  const terminal = foreground?.terminal ?? given;
  return await runApp({
    config,
    foreground,
    command: "serve",
    terminal,
    build: (options) =>
      buildApp({
        ...options,
        storageWorker,
        host: ownHost(options.config.dataDir),
        system: ownSystem(),
        anew: flags.has("new") && !options.again,
      }),
    onStarted: (_app, { access, url }) => {
      if (access.setupToken !== null) {
        terminal.err(
          `Nobody has an account yet. Open ${url}/setup with the token ` +
            `${access.setupToken} (valid for 30 minutes, once), or use "perch user add".`,
        );
      }
      return Promise.resolve(() => Promise.resolve());
    },
  });
}
