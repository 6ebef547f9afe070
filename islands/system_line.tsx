import type { VNode } from "preact";
import type { Status } from "../lib/live/status_shape.ts";
import { bytes, compact, grouped } from "../lib/words/numbers.ts";
import { ago } from "../lib/words/times.ts";
import { status } from "./live.ts";

/** The state of Perch itself in one line; changes in place. */
export function SystemLine({ initial }: { initial: Status }): VNode {
  const current = typeof document === "undefined" ? initial : status.value ?? initial;
  const { readings } = current;
  const rate = readings.per_s >= 100 ? grouped(readings.per_s) : readings.per_s.toFixed(1);
  return (
    <dl class="system">
      <Item name="Readings" value={`${rate}/s`} />
      <Item name="Stored" value={compact(readings.stored)} />
      <Item name="Database" value={bytes(current.database_bytes)} />
      {current.disk_used !== null && (
        <Item name="Disk" value={`${Math.round(current.disk_used * 100)} %`} />
      )}
      {current.backup_ms !== null && (
        <Item name="Backup" value={ago(current.at_ms - current.backup_ms)} />
      )}
      {readings.rejected > 0 && <Item name="Refused" value={compact(readings.rejected)} />}
      <Item name="System" value={current.overall} />
    </dl>
  );
}

function Item({ name, value }: { name: string; value: string }): VNode {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
