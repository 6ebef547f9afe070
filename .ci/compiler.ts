/** What compiles, and what a binary may do: for `compile.ts`, and for the test that tries the permissions out. */
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Exactly those of the task `perch`. */
export function permissions(): string[] {
  const { tasks } = JSON.parse(Deno.readTextFileSync(`${ROOT}deno.json`));
  return String(tasks.perch).split(" ").filter((word) => word.startsWith("--"));
}

/**
 * The Deno that compiles. With DENORT_BIN (a compile runtime from elsewhere, for hosts that cannot download one)
 * 2.8.3, the newest that understands it, else the one that runs this.
 */
export async function compiler(): Promise<string> {
  if (!Deno.env.get("DENORT_BIN")) return Deno.execPath();
  // Not called through npx: its shell would refuse so many arguments.
  const { success, stdout } = await new Deno.Command("npx", {
    args: ["-y", "-p", "deno@2.8.3", "-c", "command -v deno"],
    stderr: "inherit",
  }).output();
  if (!success) throw new Error("deno@2.8.3 could not be installed with npx");
  return new TextDecoder().decode(stdout).trim();
}
