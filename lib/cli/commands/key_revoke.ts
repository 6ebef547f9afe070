import { keyOf } from "../../access/shapes.ts";
import type { Command } from "../command.ts";
import { through } from "../with_control.ts";

export const keyRevoke: Command = {
  name: "key revoke",
  summary: "end a key at once; what was opened with it closes",
  words: [{ name: "NAME", help: "the key's name or id" }],
  options: {},
  async run({ terminal, flags, json, config }) {
    const nameOrId = flags.word("NAME")!;
    const key = await through(
      { config },
      "key revoke",
      (control) => control.removeKey({ nameOrId }),
    );
    terminal.out(json ? JSON.stringify(keyOf(key)) : `Key "${key.name}" has ended.`);
    return 0;
  },
};
