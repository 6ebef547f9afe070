import type { ReadingsStore } from "../../readings/store.ts";
import type { DetectGroup } from "../runner/options.ts";

const PAGE_BYTES = 256 * 1024;

/** The next groups after this one; none when there are no further ones. */
export async function groupsAfter(
  readings: Pick<ReadingsStore, "journalAfter">,
  afterGroup: number,
): Promise<DetectGroup[]> {
  const page = await readings.journalAfter({ afterGroup, maxBytes: PAGE_BYTES });
  const groups: DetectGroup[] = [];
  let at = 0;
  for (let i = 0; i < page.groupId.length; i++) {
    const to = at + page.n[i];
    groups.push({
      groupId: page.groupId[i],
      n: page.n[i],
      sensor: page.sensor.subarray(at, to),
      tMs: page.tMs.subarray(at, to),
      value: page.value.subarray(at, to),
      flags: page.flags.subarray(at, to),
    });
    at = to;
  }
  return groups;
}
