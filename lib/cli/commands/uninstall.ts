import { messageOf } from "../../base/errors.ts";
import type { Command } from "../command.ts";
import { mayWrite, ROOT_OPTION, rootOf } from "../install/place.ts";
import type { End } from "../install/plan.ts";

type Shown = Exclude<End, "gone">;

const DONE: Readonly<Record<Shown, string>> = {
  remove: "removed",
  keep: "kept: it is as somebody left it",
  rename: "kept as .perch-old: somebody had changed it",
  unseen: "cannot be compared without root",
};
const WOULD: Readonly<Record<Shown, string>> = {
  ...DONE,
  remove: "would be removed",
  keep: "would be kept: it is as somebody left it",
  rename: "would be kept as .perch-old: somebody changed it",
};

/** Takes back what `perch install` did; the data stays. */
export const uninstall: Command = {
  name: "uninstall",
  summary: "take back what perch install did; the data is kept",
  options: {
    "dry-run": { type: "boolean", help: "print what would be taken back; change nothing" },
    root: ROOT_OPTION,
  },
  async run({ terminal, flags, json }) {
    const root = await rootOf(flags);
    const dry = flags.has("dry-run");
    if (!dry) mayWrite(root, "uninstall");
    const { planRemoval, removeInstalled } = await import("../install/remove.ts");
    const { OLD } = await import("../install/on_host.ts");
    const { DATA, USER } = await import("../install/unit.ts");
    const plan = await planRemoval(root);
    if (plan.length === 0) {
      terminal.out(json ? JSON.stringify({ removed: [] }) : "Perch is not installed here.");
      return 0;
    }
    if (!dry) {
      const reload = root === "/" ? await stopped(terminal.err) : () => Promise.resolve();
      await removeInstalled(root, plan);
      await reload();
    }
    if (json) {
      const paths = (end: Shown) => plan.filter((one) => one.end === end).map(({ path }) => path);
      terminal.out(JSON.stringify({
        dry_run: dry,
        removed: paths("remove"),
        kept: paths("keep"),
        aside: paths("rename").map((path) => path + OLD),
        unseen: paths("unseen"),
        data: DATA,
      }));
      return 0;
    }
    const words = dry ? WOULD : DONE;
    for (const { path, end } of plan) terminal.out(`${path}  ${words[end as Shown]}`);
    if (dry && root === "/") {
      terminal.out(`Before that, ${USER}.service would be stopped and disabled.`);
    }
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
