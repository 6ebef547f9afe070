import { parseEnv } from "node:util";
import { systemClock } from "../../base/clock.ts";
import { messageOf, PerchError } from "../../base/errors.ts";
import type { Command, CommandContext, ExitCode } from "../command.ts";
import type { InstallOptions, Planned } from "../install/install.ts";
import type { Fate } from "../install/plan.ts";

const ROOT_OPTION = {
  type: "string",
  value: "DIR",
  help: "below this folder instead of /; nothing is started",
} as const;

const SAID: Readonly<Record<Fate, string>> = {
  write: "new",
  same: "as it is",
  update: "brought up to date",
  replace: "changed by somebody: kept as .perch-old, and written anew",
  keep: "kept as it is",
};

/** Makes a service of Perch. */
export const install: Command = {
  name: "install",
  summary: "make a service of Perch on this host: user, unit, rules, examples",
  options: {
    "dry-run": { type: "boolean", help: "print every file with its path and mode; change nothing" },
    camera: { type: "boolean", help: "let it use cameras" },
    gpio: { type: "boolean", help: "let it use GPIO, I²C and SPI" },
    root: ROOT_OPTION,
  },
  async run(context) {
    const { terminal, flags, json } = context;
    const { applyInstall, planInstall } = await import("../install/install.ts");
    const options = await optionsOf(context);
    const dry = flags.has("dry-run");
    if (!dry) mayWrite(options.root, "install");
    const plan = await planInstall(options);
    if (plan.trouble !== null) terminal.err(plan.trouble);
    if (dry) {
      terminal.out(json ? JSON.stringify(planJson(plan)) : planText(plan));
      return 0;
    }
    const changed = await applyInstall(options, plan);
    if (json) terminal.out(JSON.stringify(planJson(plan)));
    else for (const line of linesOf(plan)) terminal.out(line);
    if (plan.program === null) {
      terminal.err("This runs from source: put a compiled Perch at /usr/local/bin/perch yourself.");
    }
    if (!changed) {
      if (!json) terminal.out("Nothing to do.");
      return 0;
    }
    return options.root === "/" ? await start(context) : 0;
  },
};

async function optionsOf({ flags }: CommandContext): Promise<InstallOptions> {
  const { featureNames } = await import("../install/host_files.ts");
  const { ENVIRONMENT } = await import("../install/unit.ts");
  const root = flags.text("root") ?? "/";
  const guide = new URL("../../../static/guides/proxy.md", import.meta.url);
  const set = await Deno.readTextFile(root.replace(/\/$/, "") + ENVIRONMENT).catch(() => "");
  const port = Number(parseEnv(set).PERCH_PORT);
  return {
    root,
    features: featureNames.filter((one) => flags.has(one)),
    // 0 is any port: nobody knows which.
    port: Number.isInteger(port) && port > 0 && port < 65_536 ? port : 8080,
    guide: await Deno.readTextFile(guide),
    program: Deno.build.standalone ? Deno.execPath() : null,
  };
}

/** @throws PerchError `validation` */
export function mayWrite(root: string, command: string): void {
  if (root !== "/" || Deno.uid() === 0) return;
  throw new PerchError(
    "validation",
    `perch ${command} changes /etc and /usr/local: run it with sudo, or look at it with ` +
      "perch install --dry-run.",
  );
}

function linesOf({ files, program }: Planned): string[] {
  const lines = files.filter(({ fate }) => fate !== "same" && fate !== "keep")
    .map(({ file, fate }) => `${file.path}  ${SAID[fate]}`);
  return program === null || program === "same" ? lines : [
    `/usr/local/bin/perch  ${
      program === "write" ? "new" : "brought up to date; the one before is perch.before"
    }`,
    ...lines,
  ];
}

function planText({ files, program }: Planned): string {
  const modeOf = (mode: number) => "0" + mode.toString(8);
  const head = (path: string, mode: number, fate: Fate) =>
    `### ${path} (${modeOf(mode)}, ${SAID[fate]})`;
  return [
    ...(program === null ? [] : [head("/usr/local/bin/perch", 0o755, program), ""]),
    ...files.flatMap(({ file, fate }) => [head(file.path, file.mode, fate), file.text]),
    "### /etc/perch/installed.json (0644, lists what was written)",
  ].join("\n");
}

function planJson({ files, program, trouble }: Planned) {
  return {
    program,
    trouble,
    files: files.map(({ file: { path, mode, text }, fate }) => ({ path, mode, fate, text })),
  };
}

/** The user, the units, the start; where systemd cannot be asked, the commands for it. */
async function start({ terminal }: CommandContext): Promise<ExitCode> {
  const { activate, COMMANDS } = await import("../install/activate.ts");
  const { createSystemd } = await import("../../health/system/systemd.ts");
  const { SYSTEM_BUS } = await import("../../health/system/system_manager.ts");
  const { DATA, USER } = await import("../install/unit.ts");
  let active: string;
  try {
    ({ active } = await activate({
      systemd: createSystemd({ address: SYSTEM_BUS, answerMs: 30_000 }),
      clock: systemClock(),
      hasUser: () => new RegExp(`^${USER}:`, "m").test(Deno.readTextFileSync("/etc/passwd")),
    }));
  } catch (error) {
    terminal.err(`systemd was not asked (${messageOf(error).replace(/\.$/, "")}). Type:`);
    for (const command of COMMANDS) terminal.err(`  ${command}`);
    return 1;
  }
  if (active !== "active") {
    terminal.err(`Perch did not start (${active}): sudo journalctl -u ${USER} -e says why.`);
    return 1;
  }
  terminal.err(
    `Perch runs, and starts with this host. Its data is in ${DATA}; where nobody has an account yet, ` +
      `sudo cat ${DATA}/setup-token gives the token for the page /setup.`,
  );
  return 0;
}
