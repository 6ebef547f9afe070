import type { VNode } from "preact";
import { grouped } from "../../lib/words/numbers.ts";
import { dateTime } from "../../lib/words/times.ts";
import { Post, Table } from "../frame/parts.tsx";
import type { DamageItem } from "./damage_api.ts";

/** Rows on the page; the API has more. */
const SHOWN = 20;

/** Stored readings that are damaged, and for admins the button that acknowledges them. */
export function DamageCard(
  { items, zone, mayAcknowledge }: { items: DamageItem[]; zone: string; mayAcknowledge: boolean },
): VNode | null {
  if (items.length === 0) return null;
  const news = items.filter((item) => item.acknowledged_ms === null);
  return (
    <section class="card" aria-labelledby="damage">
      <h2 id="damage">Damaged readings</h2>
      <p>
        These stored readings fail their checksums. They are left out of answers, which mark the
        gap, and are kept as they are.
      </p>
      <Table label="Table of damaged readings">
        <thead>
          <tr>
            <th scope="col">Sensor</th>
            <th scope="col" class="text">From</th>
            <th scope="col" class="text">To</th>
            <th scope="col">Readings left out</th>
            <th scope="col" class="text">What is wrong</th>
            <th scope="col" class="text">Acknowledged</th>
          </tr>
        </thead>
        <tbody>
          {items.slice(0, SHOWN).map((item) => (
            <tr key={`${item.kind} ${item.ref}`}>
              <th scope="row">{item.sensor_name ?? "any"}</th>
              <td class="text">{timeText(item.from, zone)}</td>
              <td class="text">{timeText(item.to, zone)}</td>
              <td>{item.readings === null ? "not known" : grouped(item.readings)}</td>
              <td class="text">{item.reason}</td>
              <td class="text">
                {item.acknowledged_ms === null ? "no" : dateTime(item.acknowledged_ms, zone)}
              </td>
            </tr>
          ))}
        </tbody>
      </Table>
      {items.length > SHOWN && <p class="muted">And {grouped(items.length - SHOWN)} more.</p>}
      {mayAcknowledge && news.length > 0 && (
        <Post
          action="/sources/damage"
          fields={{ found_until_ms: String(news[0].found_ms) }}
          about={
            <p class="muted">
              Acknowledge once you have copied the data directory and checked the disk: acknowledged
              damage raises no alarm. Its gap stays marked, and new damage is reported again.
            </p>
          }
        >
          Acknowledge the damage
        </Post>
      )}
    </section>
  );
}

function timeText(ms: number | null, zone: string): string {
  return ms === null ? "not known" : dateTime(ms, zone);
}
