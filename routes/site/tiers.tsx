import type { VNode } from "preact";
import type { StoreStats, Tier } from "../../lib/readings/store.ts";
import type { Settings } from "../../lib/settings/settings.ts";
import { bytes, grouped } from "../../lib/words/numbers.ts";
import { dateTime } from "../../lib/words/times.ts";
import { Table } from "../frame/parts.tsx";

const TIERS: Record<Tier, { name: string; keeps: string; days: string }> = {
  raw: { name: "Readings", keeps: "each value with its time", days: "retention.days" },
  minute: {
    name: "Minutes",
    keeps: "number, least, mean and largest value",
    days: "retention.minute_days",
  },
  hour: {
    name: "Hours",
    keeps: "the same by hour; hours from elsewhere too",
    days: "retention.hour_days",
  },
};

/** How long each tier of the history is kept, and what it holds now. */
export function TierTable(
  { stored, settings, zone }: {
    stored: Pick<StoreStats, "tiers">;
    settings: Pick<Settings, "view">;
    zone: string;
  },
): VNode {
  return (
    <Table label="What is kept of readings">
      <thead>
        <tr>
          <th scope="col" class="text">Tier</th>
          <th scope="col" class="text">What it keeps</th>
          <th scope="col" class="text">For</th>
          <th scope="col">Stands for</th>
          <th scope="col">Takes</th>
          <th scope="col" class="text">Since</th>
        </tr>
      </thead>
      <tbody>
        {Object.entries(TIERS).map(([tier, { name, keeps, days }]) => {
          const { readings, bytes: size, oldestMs } = stored.tiers[tier as Tier];
          return (
            <tr key={tier}>
              <th scope="row" class="text">{name}</th>
              <td class="text">{keeps}</td>
              <td class="text">{keptFor(Number(settings.view(days).value))}</td>
              <td>{`${grouped(readings)} ${readings === 1 ? "reading" : "readings"}`}</td>
              <td>{bytes(size)}</td>
              <td class="text">{oldestMs === null ? "–" : dateTime(oldestMs, zone)}</td>
            </tr>
          );
        })}
      </tbody>
    </Table>
  );
}

function keptFor(days: number): string {
  return days === 0 ? "no limit" : days === 1 ? "1 day" : `${grouped(days)} days`;
}
