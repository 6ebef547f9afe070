/**
 * DESIGN: several nodes on one libSQL server have one lease, the row of the owner (`owner.ts`): its epoch counts up
 * with every holder, its time is the server's, and the first statement of every transaction asks whether the epoch
 * still holds. Who has it keeps the site. Here stands what the nodes say of themselves beside that: a row each.
 */
import type { SqlStatement } from "./client.ts";
import type { Connection } from "./connection.ts";

/** What a node says of itself. */
export interface NodeSelf {
  /** Where the others reach it. */
  url: string;
  host: string;
  /** A digest of its keys: nodes with other keys cannot keep the same site. */
  keys: string;
  leaseMs: number;
}

export interface NodeSeen extends Pick<NodeSelf, "url" | "host"> {
  isKeeper: boolean;
  /** Since its last sign of life, by the server's clock. */
  silentMs: number;
}

/** By the server's clock. */
export const NOW_MS = "CAST(unixepoch('subsec') * 1000 AS INTEGER)";
/** A node that gave no sign for so long is not shown any more. */
const FORGOTTEN_MS = 7 * 86_400_000;

/** The statements with which a node gives a sign of life. `keeper`: it has the lease, and its transaction is fenced. */
export function nodeSign(
  { url, host, keys, leaseMs }: NodeSelf,
  { keeper }: { keeper: boolean },
): SqlStatement[] {
  const keeps = keeper ? "(SELECT epoch FROM owner WHERE id = 1)" : "0";
  return [{
    sql: `INSERT INTO nodes (url, host, keys, keeps, lease_ms, seen_ms) ` +
      `VALUES (?, ?, ?, ${keeps}, ?, ${NOW_MS}) ON CONFLICT (url) DO UPDATE SET host = excluded.host, ` +
      "keys = excluded.keys, lease_ms = excluded.lease_ms, seen_ms = excluded.seen_ms" +
      (keeper ? ", keeps = excluded.keeps" : ""),
    args: [url, host, keys, leaseMs],
  }, {
    sql: `DELETE FROM nodes WHERE seen_ms < ${NOW_MS} - ?`,
    args: [FORGOTTEN_MS],
  }];
}

/** Who has the lease, as another node sees it. */
export interface Keeper {
  /** Null: it is still starting, or no node but a Perch that knows of none. */
  url: string | null;
  keys: string | null;
  host: string;
  /** It has ended, or was silent for longer than its lease. */
  isGone: boolean;
}

type Query = Pick<Connection, "query">;

/** Null: nobody ever had it. */
export async function keeperOf({ query }: Query, leaseMs: number): Promise<Keeper | null> {
  const { rows } = await query({
    sql: `SELECT n.url, n.keys, o.host, o.beat_ms = 0 OR ${NOW_MS} - o.beat_ms >= ` +
      "coalesce(n.lease_ms, ?) FROM owner o LEFT JOIN nodes n ON n.keeps = o.epoch WHERE o.id = 1",
    args: [leaseMs],
  });
  if (rows.length === 0) return null;
  const [url, keys, host, gone] = rows[0];
  return {
    url: url === null ? null : String(url),
    keys: keys === null ? null : String(keys),
    host: String(host),
    isGone: Number(gone) === 1,
  };
}

/** How long the present owner may be silent; null: it is not a node, or the schema is an earlier one. */
export async function leaseOfOwner({ query }: Query): Promise<number | null> {
  try {
    const { rows } = await query({
      sql: "SELECT n.lease_ms FROM owner o JOIN nodes n ON n.keeps = o.epoch WHERE o.id = 1",
    });
    return rows.length === 0 ? null : Number(rows[0][0]);
  } catch {
    return null;
  }
}

/** All that were there lately, the keeper first. */
export const NODES_SEEN: SqlStatement = {
  sql: `SELECT url, host, keeps = (SELECT epoch FROM owner WHERE id = 1), ${NOW_MS} - seen_ms ` +
    "FROM nodes ORDER BY 3 DESC, url LIMIT 100",
};

/** Those that would take over from the keeper. */
export const readyOf = (seen: readonly NodeSeen[], leaseMs: number): NodeSeen[] =>
  seen.filter(({ isKeeper, silentMs }) => !isKeeper && silentMs < 2 * leaseMs);

export function nodesSeen(rows: readonly unknown[][]): NodeSeen[] {
  return rows.map(([url, host, keeper, silentMs]) => ({
    url: String(url),
    host: String(host),
    isKeeper: Number(keeper) === 1,
    silentMs: Math.max(0, Number(silentMs)),
  }));
}
