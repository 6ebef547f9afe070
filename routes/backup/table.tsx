import type { VNode } from "preact";
import type { Reason } from "../../lib/backup/manifest.ts";
import type { Receipt } from "../../lib/backup/types.ts";
import { bytes } from "../../lib/words/numbers.ts";
import { Post, Table } from "../frame/parts.tsx";
import { Ago, Exact } from "../frame/times.tsx";

const REASONS: Record<Reason, string> = {
  scheduled: "by schedule",
  asked: "asked for",
  "before-restore": "before a restore",
  "before-upgrade": "before an update",
};

/** The good backups, newest first. */
export function BackupTable(
  { list, zone, nowMs }: { list: readonly Receipt[]; zone: string; nowMs: number },
): VNode {
  return (
    <section class="card" aria-labelledby="backups">
      <h2 id="backups">{list.length === 1 ? "One backup" : `${list.length} backups`}</h2>
      <Table label="Backups">
        <thead>
          <tr>
            <th scope="col" class="text">Made</th>
            <th scope="col">Size</th>
            <th scope="col" class="text">Why</th>
            <th scope="col" class="text">Encrypted</th>
            <th scope="col">Restored and checked</th>
            <th scope="col">
              <span class="hidden">Download</span>
            </th>
            <th scope="col">
              <span class="hidden">Delete</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {list.map((receipt, index) => (
            <Row
              key={receipt.file}
              receipt={receipt}
              isNewest={index === 0}
              zone={zone}
              nowMs={nowMs}
            />
          ))}
        </tbody>
      </Table>
    </section>
  );
}

function Row(
  { receipt: { file, bytes: size, encrypted, verifiedMs, manifest }, isNewest, zone, nowMs }: {
    receipt: Receipt;
    isNewest: boolean;
    zone: string;
    nowMs: number;
  },
): VNode {
  return (
    <tr>
      <th scope="row" class="text">
        <Exact tMs={manifest.created_ms} zone={zone} />
      </th>
      <td>{bytes(size)}</td>
      <td class="text">{REASONS[manifest.reason]}</td>
      <td class="text">{encrypted ? "yes" : "no"}</td>
      <td>
        <Ago tMs={verifiedMs} nowMs={nowMs} zone={zone} />
      </td>
      <td>
        <a href={`/api/backups/${file}/file`} download aria-label={`Download ${file}`}>Download</a>
      </td>
      <td>
        {isNewest ? <span class="muted">stays</span> : (
          <Post
            action="/settings/backups/delete"
            fields={{ id: file }}
            look="small"
            label={`Delete ${file}`}
          >
            Delete
          </Post>
        )}
      </td>
    </tr>
  );
}
