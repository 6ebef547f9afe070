import type { Config } from "../../base/config.ts";
import { type Keeper, type NodeSeen, readyOf } from "../../db/nodes.ts";
import type { Check, Finding } from "./check.ts";

type Found = Omit<Finding, "name">;

/** What the database says of the nodes. */
export interface NodesFound {
  keeper: Keeper | null;
  seen: readonly NodeSeen[];
  /** The digest of this node's keys; empty: one of them is missing. */
  ownKeys: string;
}

/** Is somebody keeping the site, would somebody take over, and could this node? */
export function nodesCheck(config: Config, look: () => Promise<NodesFound>): Check {
  return {
    name: "nodes",
    run: async () => [...judgeNodes(config, await look()), ...judgeBroker(config)],
  };
}

/** Pure. */
export function judgeNodes(
  { node, dataDir }: Pick<Config, "node" | "dataDir">,
  { keeper, seen, ownKeys }: NodesFound,
): Found[] {
  if (keeper === null || keeper.isGone) {
    return [{
      state: "warn",
      detail: "no node keeps the site at the moment",
      advice: "Start one: perch serve, or systemctl start perch.",
    }];
  }
  if (keeper.url === null) {
    return [{
      state: "warn",
      detail: `Perch on ${keeper.host} has the database and says nothing of other nodes`,
      advice: "It may be starting; else set PERCH_NODE_URL there too and restart it.",
    }];
  }
  if (keeper.url !== node!.url && keeper.keys !== ownKeys) {
    return [{
      state: "problem",
      detail: `this node has other keys than ${keeper.url}, which keeps the site`,
      advice: `Copy jwt.key and channels.key from its data directory into ${dataDir}, mode 0600.`,
    }];
  }
  const ready = readyOf(seen, node!.leaseMs);
  const found: Found[] = [{ state: "ok", detail: `${keeper.url} keeps the site` }];
  if (ready.length > 0) {
    const names = ready.map(({ url }) => url).join(", ");
    found.push({ state: "ok", detail: `${names} would take over` });
  } else {
    found.push({
      state: "warn",
      detail: "no other node would take over",
      advice: "Start another one on the same DATABASE_URL, with a PERCH_NODE_URL of its own.",
    });
  }
  return found;
}

function judgeBroker({ mqtt }: Config): Found[] {
  if (mqtt.url !== null) return [];
  return [{
    state: "warn",
    detail: "devices reach the embedded broker of the node that keeps the site alone",
    advice: "Run mosquitto and set MQTT_URL on every node.",
  }];
}
