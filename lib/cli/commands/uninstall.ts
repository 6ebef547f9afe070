import { messageOf } from "../../base/errors.ts";
import type { Command } from "../command.ts";
import { mayWrite } from "./install.ts";

/** Takes back what `perch install` did; the data stays. */
export const uninstall: Command = {
  name: "uninstall",
  summary: "take back what perch install did; the data is kept",
  options: {
    root: { type: "string", value: "DIR", help: "below this folder instead of /" },
  },
  async run({ terminal, flags, json }) {
    const root = flags.text("root") ?? "/";
    mayWrite(root, "uninstall");
    const { isInstalled, removeInstalled } = await import("../install/install.ts");
    const { DATA, USER } = await import("../install/unit.ts");
    if (!await isInstalled(root)) {
      terminal.out(json ? JSON.stringify({ removed: [] }) : "Perch is not installed here.");
      return 0;
    }
    const reload = root === "/" ? await stopped(terminal.err) : () => Promise.resolve();
    const { removed, kept, aside } = await removeInstalled(root);
    await reload();
    if (json) {
      terminal.out(JSON.stringify({ removed, kept, aside, data: DATA }));
      return 0;
    }
    for (const path of removed) terminal.out(`${path}  removed`);
    for (const path of kept) terminal.out(`${path}  kept: it is as somebody left it`);
    for (const path of aside) terminal.out(`${path}  kept: somebody had changed it`);
    terminal.out(
      `The data is kept in ${DATA}, and the user ${USER} that owns it: ` +
        `sudo rm -r ${DATA} and sudo userdel ${USER} end them too.`,
    );
    return 0;
  },
};

/** Stops the service and gives what makes systemd forget it, to be called when the files are gone. */
async function stopped(say: (line: string) => void): Promise<() => Promise<void>> {
  const { COMMANDS_BACK, reload, stopPerch } = await import("../install/activate.ts");
  const { createSystemd } = await import("../../health/system/systemd.ts");
  const { SYSTEM_BUS } = await import("../../health/system/system_manager.ts");
  const systemd = createSystemd({ address: SYSTEM_BUS, answerMs: 30_000 });
  try {
    await stopPerch(systemd);
    return () => reload(systemd);
  } catch (error) {
    say(`systemd was not asked (${messageOf(error).replace(/\.$/, "")}). Type:`);
    for (const command of COMMANDS_BACK) say(`  ${command}`);
    return () => Promise.resolve();
  }
}
