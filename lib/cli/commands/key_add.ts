import type { Command } from "../command.ts";
import { parseExpires } from "../time_flag.ts";
import { through } from "../with_control.ts";

export const keyAdd: Command = {
  name: "key add",
  summary: "make an API key or a device key; it is printed once",
  options: {
    name: { type: "string", value: "N", help: "what it is for" },
    role: { type: "string", value: "R", help: "viewer, engineer or admin" },
    machine: { type: "string", value: "M", help: "limit it to this machine (a device key)" },
    scope: {
      type: "string",
      value: "S",
      help: "limit an API key to read, ingest, events, operate, manage; several with commas",
    },
    expires: {
      type: "string",
      value: "T",
      help: "when it ends: a time like 2027-01-31, or like 90d",
    },
  },
  async run({ terminal, flags, json, config }) {
    const name = flags.need("name");
    const machine = flags.text("machine");
    const added = await through({ config }, "key add", (control) =>
      control.addKey({
        name,
        role: machine === undefined ? flags.need("role") : flags.text("role"),
        machine,
        scopes: flags.text("scope")?.split(",").map((one) => one.trim()),
        expiresMs: parseExpires(flags.text("expires"), Date.now()),
      }));
    if (!json) {
      const what = machine === undefined ? added.role : machine;
      terminal.err(`Key "${added.name}" (${what}). It is not shown again:`);
    }
    terminal.out(json ? JSON.stringify(added) : added.key);
    return 0;
  },
};
