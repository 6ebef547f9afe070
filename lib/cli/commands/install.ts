import { parseEnv } from "node:util";
import { systemClock } from "../../base/clock.ts";
import { carried } from "../../base/carried.ts";
import { messageOf } from "../../base/errors.ts";
import { type Command, type CommandContext, type ExitCode, UsageError } from "../command.ts";
import type { InstallOptions, Planned } from "../install/install.ts";
import { mayWrite, ROOT_OPTION, rootOf } from "../install/place.ts";
import type { Fate } from "../install/plan.ts";

const SAID: Readonly<Record<Fate, string>> = {
  write: "new",
  same: "as it is",
  update: "brought up to date",
  replace: "changed by somebody: kept as .perch-old, and written anew",
  keep: "kept as it is",
  unseen: "cannot be compared without root",
};

/** Makes a service of Perch. */
export const install: Command = {
  name: "install",
  summary: "make a service of Perch on this host: user, unit, rules, examples",
  options: {
    "dry-run": { type: "boolean", help: "print every file with its path and mode; change nothing" },
    camera: { type: "boolean", help: "let it use cameras; stays so until --no-camera" },
    "no-camera": { type: "boolean", help: "take that back" },
    gpio: { type: "boolean", help: "let it use GPIO, I²C and SPI; stays so until --no-gpio" },
    "no-gpio": { type: "boolean", help: "take that back" },
    root: ROOT_OPTION,
  },
  notes: [
    "A line of /etc/perch/units that names no unit is left out: the rest is installed, and the exit code is 1.",
  ],
  async run(context) {
    const { terminal, flags, json } = context;
    const { applyInstall, planInstall } = await import("../install/install.ts");
    const options = await optionsOf(context);
    const dry = flags.has("dry-run");
    if (!dry) mayWrite(options.root, "install");
    const plan = await planInstall(options);
    if (plan.trouble !== null) terminal.err(plan.trouble);
    const found = plan.trouble === null ? 0 : 1;
    if (dry) {
      terminal.out(json ? JSON.stringify(planJson(plan)) : planText(plan));
      return found;
    }
    const changed = await applyInstall(options, plan);
    if (json) terminal.out(JSON.stringify(planJson(plan)));
    else for (const line of linesOf(plan)) terminal.out(line);
    if (plan.program === null) {
      terminal.err("This runs from source: put a compiled Perch at /usr/local/bin/perch yourself.");
    }
    if (!changed) {
      if (!json) terminal.out("Nothing to do.");
      return found;
    }
    const started = options.root === "/" ? await start(context) : 0;
    return started === 0 ? found : started;
  },
};

async function optionsOf({ flags, terminal }: CommandContext): Promise<InstallOptions> {
  const { featureNames } = await import("../install/host_files.ts");
  const { ENVIRONMENT } = await import("../install/unit.ts");
  const root = await rootOf(flags);
  const both = featureNames.find((one) => flags.has(one) && flags.has(`no-${one}`));
  if (both !== undefined) throw new UsageError(`--${both} and --no-${both}: give one of them`);
  const set = await Deno.readTextFile(root.replace(/\/$/, "") + ENVIRONMENT).catch((error) => {
    if (error instanceof Deno.errors.PermissionDenied) {
      terminal.err(`${ENVIRONMENT} cannot be read without root: if it sets PERCH_PORT, see there.`);
    }
    return "";
  });
  const port = Number(parseEnv(set).PERCH_PORT);
  return {
    root,
    features: featureNames.filter((one) => flags.has(one)),
    without: featureNames.filter((one) => flags.has(`no-${one}`)),
    // 0 is any port: nobody knows which.
    port: Number.isInteger(port) && port > 0 && port < 65_536 ? port : 8080,
    guide: await Deno.readTextFile(carried("static/guides/proxy.md")),
    program: Deno.build.standalone ? Deno.execPath() : null,
  };
}

const takenWords = ({ end }: Planned["taken"][number]) =>
  end === "rename" ? "kept as .perch-old, because somebody had changed it" : "removed";

function linesOf({ files, taken, program }: Planned): string[] {
  const lines = [
    ...files.filter(({ fate }) => fate !== "same" && fate !== "keep")
      .map(({ file, fate }) => `${file.path}  ${SAID[fate]}`),
    ...taken.map((one) => `${one.path}  ${takenWords(one)}`),
  ];
  return program === null || program === "same" ? lines : [
    `/usr/local/bin/perch  ${
      program === "write" ? "new" : "brought up to date; the one before is perch.before"
    }`,
    ...lines,
  ];
}

/** As `chmod` takes it. */
const modeOf = (mode: number) => mode.toString(8).padStart(4, "0");

function planText({ files, taken, program }: Planned): string {
  const head = (path: string, mode: number, fate: Fate) =>
    `### ${path} (${modeOf(mode)}, ${SAID[fate]})`;
  return [
    ...(program === null ? [] : [head("/usr/local/bin/perch", 0o755, program), ""]),
    ...files.flatMap(({ file, fate }) => [head(file.path, file.mode, fate), file.text]),
    ...taken.map((one) => `### ${one.path} (${takenWords(one)})`),
    "### /etc/perch/installed.json (0644, lists what was written)",
  ].join("\n");
}

function planJson({ files, taken, program, trouble }: Planned) {
  return {
    program,
    trouble,
    files: files.map(({ file: { path, mode, text }, fate }) => ({
      path,
      mode: modeOf(mode),
      fate,
      text,
    })),
    removed: taken.map(({ path }) => path),
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
