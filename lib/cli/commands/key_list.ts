import { keyOf } from "../../access/shapes.ts";
import { columns, minute } from "../columns.ts";
import type { Command } from "../command.ts";
import { through } from "../with_control.ts";

export const keyList: Command = {
  name: "key list",
  summary: "list keys: what they may, when they end, when they were used",
  options: {},
  async run({ terminal, json, config }) {
    const keys = await through({ config }, "key list", (control) => control.listKeys());
    if (json) terminal.out(JSON.stringify({ items: keys.map(keyOf) }));
    else if (keys.length === 0) terminal.out("There are no keys. perch key add makes one.");
    else {
      const rows = keys.map((key) => [
        key.name,
        `${key.hint}…`,
        key.machine ?? key.role,
        key.scopes?.join(",") ?? "-",
        minute(key.expiresMs),
        minute(key.lastUsedMs),
      ]);
      const head = ["NAME", "KEY", "ROLE OR MACHINE", "SCOPES", "EXPIRES (UTC)", "LAST USED (UTC)"];
      terminal.out(columns([head, ...rows]));
    }
    return 0;
  },
};
