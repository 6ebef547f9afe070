import { VERSION } from "../../base/version.ts";
import type { Command } from "../command.ts";

export const version: Command = {
  name: "version",
  summary: "print the version; with --check, whether a release is newer",
  options: {
    check: {
      type: "string",
      value: "PLACE",
      help: "compare with the release described at this address or path (its release.json)",
    },
  },
  async run(context) {
    const { terminal, json, flags } = context;
    const place = flags.text("check");
    if (place !== undefined) {
      // Loaded when it is asked for: Perch itself never compares versions.
      const { checkRelease } = await import("../check_release.ts");
      return await checkRelease(place, context);
    }
    const { deno, v8 } = Deno.version;
    const target = Deno.build.target;
    terminal.out(
      json
        ? JSON.stringify({ version: VERSION, deno, v8, target })
        : `perch ${VERSION} (Deno ${deno}, ${target})`,
    );
    return 0;
  },
};
