import type { Command } from "../command.ts";

export const serve: Command = {
  name: "serve",
  summary: "run Perch (the default)",
  options: {
    new: {
      type: "boolean",
      help: "begin a new plant where the database is missing; what is left is moved away",
    },
  },
  async run({ terminal, config, flags }) {
    const parsed = config("serve");
    const [{ runApp }, { buildApp }, { ownHost }, { ownSystem }] = await Promise.all([
      import("../run_app.ts"),
      import("../../app.ts"),
      import("../../app/own_host.ts"),
      import("../../app/own_system.ts"),
    ]);
    return await runApp({
      config: parsed,
      command: "serve",
      terminal,
      build: (options) =>
        buildApp({
          ...options,
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
  },
};
