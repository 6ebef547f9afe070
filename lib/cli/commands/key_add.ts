import type { Command } from "../command.ts";
import { withControl } from "../with_control.ts";

export const keyAdd: Command = {
  name: "key add",
  summary: "make an API key or a device key; it is printed once",
  options: {
    name: { type: "string", value: "N", help: "what it is for" },
    role: { type: "string", value: "R", help: "viewer, engineer or admin" },
    machine: { type: "string", value: "M", help: "limit it to this machine (a device key)" },
  },
  async run({ terminal, flags, json, config }) {
    const name = flags.need("name");
    const role = flags.need("role");
    const machine = flags.text("machine");
    const { openOffline } = await import("../offline.ts");
    const added = await withControl(
      config(),
      "key add",
      openOffline,
      (control) => control.addKey({ name, role, machine }),
    );
    if (!json) terminal.err(`Key "${added.name}" (${added.role}). It is not shown again:`);
    terminal.out(json ? JSON.stringify(added) : added.key);
    return 0;
  },
};
