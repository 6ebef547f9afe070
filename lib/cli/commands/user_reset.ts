import { type Command, UsageError } from "../command.ts";
import { through } from "../with_control.ts";

export const userReset: Command = {
  name: "user reset",
  summary: "give a person a new password, read from standard input; ends their sign-ins",
  options: {
    email: { type: "string", value: "E", help: "the address they sign in with" },
  },
  async run({ terminal, flags, json, config }) {
    const email = flags.need("email");
    if (terminal.isKeyboard) terminal.err("New password, then Enter and Ctrl-D (it is shown):");
    const password = (await terminal.input()).replace(/\r?\n$/, "");
    if (password === "") throw new UsageError("no password came on standard input");
    const user = await through(
      { config },
      "user reset",
      (control) => control.resetUser({ email, password }),
    );
    terminal.out(
      json
        ? JSON.stringify(user)
        : `${user.email} has the new password; the second factor is off, earlier sign-ins have ended.`,
    );
    return 0;
  },
};
