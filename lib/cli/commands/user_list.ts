import { personOf } from "../../access/shapes.ts";
import { columns, minute } from "../columns.ts";
import type { Command } from "../command.ts";
import { through } from "../with_control.ts";

export const userList: Command = {
  name: "user list",
  summary: "list people: role, state, second factor, last sign-in",
  options: {},
  async run({ terminal, json, config }) {
    const users = await through({ config }, "user list", (control) => control.listUsers());
    if (json) terminal.out(JSON.stringify({ items: users.map(personOf) }));
    else if (users.length === 0) terminal.out("Nobody has an account. perch user add makes one.");
    else {
      const rows = users.map((user) => [
        user.email,
        user.role,
        user.state,
        user.totp ? "on" : "-",
        minute(user.lastSignInMs),
      ]);
      const head = ["EMAIL", "ROLE", "STATE", "SECOND FACTOR", "LAST SIGN-IN (UTC)"];
      terminal.out(columns([head, ...rows]));
    }
    return 0;
  },
};
