import { type Command, UsageError } from "../command.ts";
import { through } from "../with_control.ts";

export const userAdd: Command = {
  name: "user add",
  summary: "add a person; the password is read from standard input",
  options: {
    email: { type: "string", value: "E", help: "their address, with which they sign in" },
    role: { type: "string", value: "R", help: "viewer, engineer or admin" },
  },
  async run({ terminal, flags, json, config }) {
    const email = flags.need("email");
    const role = flags.need("role");
    if (terminal.isKeyboard) terminal.err("Password, then Enter and Ctrl-D (it is shown):");
    const password = (await terminal.input()).replace(/\r?\n$/, "");
    if (password === "") throw new UsageError("no password came on standard input");
    const user = await through(
      { config },
      "user add",
      (control) => control.addUser({ email, role, password }),
    );
    terminal.out(json ? JSON.stringify(user) : `${user.email} may sign in as ${user.role}.`);
    return 0;
  },
};
