import { resolve } from "node:path";
import { PerchError } from "../../base/errors.ts";
import { type Flags, UsageError } from "../command.ts";

/** The option of `perch install` and `perch uninstall` that names where. */
export const ROOT_OPTION = {
  type: "string",
  value: "DIR",
  help: "below this folder instead of /; nothing is started or stopped",
} as const;

/** Below which folder files are looked for and written. @throws UsageError where it can be none */
export async function rootOf(flags: Pick<Flags, "text">): Promise<string> {
  const given = flags.text("root");
  if (given === undefined) return "/";
  const root = resolve(given);
  const isFolder = await Deno.stat(root).then(
    ({ isDirectory }) => isDirectory,
    // What is not there yet is made; what the product may not touch (/proc, /sys) is none.
    (error) => error instanceof Deno.errors.NotFound,
  );
  if (given !== "" && isFolder && !/^\/(proc|sys|dev)(\/|$)/.test(root)) return root;
  throw new UsageError(`--root is "${given}": give a folder in which files can be written`);
}

/** Refuses to change this host as anybody but root. @throws PerchError `validation` */
export function mayWrite(
  root: string,
  command: "install" | "uninstall",
  uid: number | null = Deno.uid(),
): void {
  if (root !== "/" || uid === 0) return;
  throw new PerchError(
    "validation",
    `perch ${command} changes /etc and /usr/local: run it with sudo, or look at it with ` +
      `perch ${command} --dry-run.`,
  );
}
