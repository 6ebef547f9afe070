import { VERSION } from "../../base/version.ts";
import type { Command } from "../command.ts";

export const version: Command = {
  name: "version",
  summary: "print the version",
  options: {},
  run({ terminal, json }) {
    const { deno, v8 } = Deno.version;
    const target = Deno.build.target;
    terminal.out(
      json
        ? JSON.stringify({ version: VERSION, deno, v8, target })
        : `perch ${VERSION} (Deno ${deno}, ${target})`,
    );
    return Promise.resolve(0);
  },
};
