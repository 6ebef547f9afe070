import type { Command } from "../command.ts";
import { through } from "../with_control.ts";

type State = "active" | "disabled" | "deleted";

function stateCommand(verb: string, state: State, summary: string, done: string): Command {
  const name = `user ${verb}`;
  return {
    name,
    summary,
    options: { email: { type: "string", value: "E", help: "the address they sign in with" } },
    async run({ terminal, flags, json, config }) {
      const email = flags.need("email");
      const user = await through(
        { config },
        name,
        (control) => control.changeUser({ email, state }),
      );
      terminal.out(json ? JSON.stringify({ ...user, state }) : `${email} ${done}`);
      return 0;
    },
  };
}

export const userDisable = stateCommand(
  "disable",
  "disabled",
  "keep a person out; their sign-ins and streams end at once",
  "may not sign in any more; what was open has ended.",
);
export const userEnable = stateCommand(
  "enable",
  "active",
  "let a disabled person in again",
  "may sign in again.",
);
export const userDelete = stateCommand(
  "delete",
  "deleted",
  "delete a person; the name stays in the history",
  "is deleted; the name stays in the history.",
);
