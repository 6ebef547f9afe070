/** What the public status page lists: machines by id, as another machine may take over a path; areas by name. */
import { PerchError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import { isUnder, type Machine } from "../machines/machine.ts";
import type { MachineDirectory } from "../machines/sensor.ts";
import { namesOf } from "../settings/setting.ts";
import type { Settings } from "../settings/settings.ts";

const KEY = "status_page.machines";

/** The machines that a stored name stands for: the one of that id, or all below the area. Never one by its path. */
export function machinesOf(
  name: string,
  machines: Pick<MachineDirectory, "find" | "all">,
): Machine[] {
  const one = machines.find(name);
  if (one?.id === name) return one.deletedMs === null ? [one] : [];
  return machines.all().filter(({ path }) => path !== name && isUnder(path, name));
}

/** Takes a machine that is removed for good off the list. */
export async function unlist(
  settings: Pick<Settings, "get" | "set" | "view">,
  id: string,
): Promise<void> {
  const before = namesOf(settings.get(KEY) as string);
  if (!before.includes(id)) return;
  const after = before.filter((name) => name !== id).join(", ");
  await settings.set(KEY, after, settings.view(KEY).changedBy ?? "Perch", () => []);
}

/**
 * Stores the ids of machines that somebody named by their paths, through whichever door, now and after each change.
 * A path that one machine had and another has now stays a path, which shows neither: nobody knows which was meant.
 */
export function keepListedById(
  { settings, machines, log }: {
    settings: Pick<Settings, "get" | "set" | "view" | "onChange">;
    machines: Pick<MachineDirectory, "find" | "former">;
    log: Pick<Log, "warn">;
  },
): void {
  /** What stood there before: only what somebody adds now is meant as it is called now. */
  let known: ReadonlySet<string> | null = null;

  async function settle(): Promise<void> {
    const before: string = settings.get(KEY);
    const stood = known;
    known = new Set(namesOf(before));
    const ids = namesOf(before).map((name) => {
      const found = machines.find(name);
      const isNew = stood !== null && !stood.has(name);
      const former = isNew ? undefined : machines.former(name);
      const isMeant = found?.deletedMs === null && (former === undefined || former === found);
      return isMeant ? found.id : name;
    });
    const after = [...new Set(ids)].join(", ");
    if (after === namesOf(before).join(", ")) return;
    await settings.set(KEY, after, settings.view(KEY).changedBy ?? "Perch", () => []);
  }
  const attempt = () =>
    void settle().catch((error) => {
      // The paths stay, and show nothing.
      const message = error instanceof PerchError ? error.message : String(error);
      log.warn("the machines of the status page could not be stored by id", { message });
    });
  settings.onChange((key) => {
    if (key === KEY) attempt();
  });
  attempt();
}
