/** What `perch uninstall` does, without the words. */
import { PerchError } from "../../base/errors.ts";
import { MINE } from "./host_files.ts";
import { createOnHost, MANIFEST } from "./on_host.ts";
import { type End, endOf } from "./plan.ts";
import { CACHE, PROGRAM, UNIT } from "./unit.ts";

export interface Removal {
  path: string;
  end: End;
}

/** What an uninstall would do, in its order; nothing is changed. Empty: Perch is not installed there. */
export async function planRemoval(root: string): Promise<Removal[]> {
  const host = createOnHost(root);
  const written = Object.entries(await host.written());
  if (written.length === 0) return [];
  const plan: Removal[] = [];
  for (const [path, hash] of written) {
    const judge = (there: string | null) => endOf({ mine: MINE.includes(path) }, there, hash);
    plan.push({ path, end: await host.judged<End>(path, judge, "unseen") });
  }
  for (const path of [`${PROGRAM}.before`, CACHE, MANIFEST]) {
    if (await host.isThere(path)) plan.push({ path, end: "remove" });
  }
  return plan.filter(({ end }) => end !== "gone");
}

/** Does it. @throws PerchError `validation` where a file cannot be compared */
export async function removeInstalled(root: string, plan: readonly Removal[]): Promise<void> {
  const unseen = plan.find(({ end }) => end === "unseen");
  if (unseen !== undefined) {
    const message = `${unseen.path} cannot be read by this user: run perch uninstall with sudo.`;
    throw new PerchError("validation", message);
  }
  const host = createOnHost(root);
  for (const { path, end } of plan) {
    if (end === "rename") await host.setAside(path);
    else if (end === "remove" && path === CACHE) await host.empty(path);
    else if (end === "remove") await host.remove(path);
  }
  await host.tidy([`/etc/systemd/system/${UNIT}.d`, "/etc/perch", "/usr/local/share/doc/perch"]);
}
