import type { Clock } from "../../base/clock.ts";
import type { Config } from "../../base/config.ts";
import type { Task } from "../../base/supervisor.ts";
import type { Database } from "../../db/client.ts";
import { NODES_SEEN, type NodeSeen, nodeSign, nodesSeen, readyOf } from "../../db/nodes.ts";
import type { Components, ComponentState } from "../../live/components.ts";
import { keysMark } from "./keys.ts";

/**
 * What the keeper of a site with several nodes does about the others: says where it is, and shows whether one would
 * take over. Nothing with one node.
 */
export function nodeTasks(
  { config, db, clock, components }: {
    config: Config;
    db: Database;
    clock: Clock;
    components: Components;
  },
): Task[] {
  const { node } = config;
  if (node === null) return [];
  let seen: NodeSeen[] = [];
  components.register("nodes", () => stateOf(seen, node.leaseMs));
  return [{
    name: "nodes",
    async run(signal) {
      const { url, leaseMs } = node;
      const self = { url, leaseMs, host: Deno.hostname(), keys: await keysMark(config) };
      for (;;) {
        await db.write(nodeSign(self, { keeper: true }));
        seen = nodesSeen((await db.query(NODES_SEEN)).rows);
        await clock.sleep(leaseMs / 3, signal);
      }
    },
  }];
}

/** How the nodes are, for the list of parts. */
export function stateOf(
  seen: readonly NodeSeen[],
  leaseMs: number,
): Omit<ComponentState, "name"> {
  const ready = readyOf(seen, leaseMs);
  if (ready.length > 0) {
    const n = ready.length === 1 ? "One other node" : `${ready.length} other nodes`;
    return { health: "ok", detail: `${n} would take over: ${listed(ready)}.` };
  }
  const others = seen.filter(({ isKeeper }) => !isKeeper);
  const gone = others.length === 0 ? "" : ` Silent: ${listed(others)}.`;
  return { health: "degraded", detail: `No other node would take over.${gone}` };
}

const listed = (nodes: readonly NodeSeen[]) => nodes.map(({ url }) => url).join(", ");
