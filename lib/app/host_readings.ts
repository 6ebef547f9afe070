import { hostPath } from "../machines/host_machine.ts";
import type { Parts } from "./parts.ts";

/** The readings of this host that are stored among those of the plant. */
export interface HostReadings {
  stored(): Promise<number>;
  /** Time of the newest; null: there is none. It changes when more are committed, once a minute at most. */
  newestMs(): number | null;
}

export function createHostReadings(
  { clock, registry, storage }: Pick<Parts, "clock" | "registry" | "storage">,
): HostReadings {
  const sensors = () => {
    const path = hostPath(registry.machines);
    return path === null ? [] : registry.all().filter(({ machine }) => machine === path);
  };
  return {
    async stored() {
      let count = 0;
      const range = { fromMs: 0, toMs: clock.now() + 1, points: 1 };
      for (const { num } of sensors()) {
        const { n } = await storage.readings.buckets({ sensor: num, ...range });
        count += n.reduce((sum, one) => sum + one, 0);
      }
      return count;
    },
    newestMs: () =>
      sensors().reduce<number | null>(
        (newest, { last }) => last === null ? newest : Math.max(newest ?? 0, last.tMs),
        null,
      ),
  };
}
