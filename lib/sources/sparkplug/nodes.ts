/** All edge nodes, bounded: whoever publishes can name as many as he likes. */
import { EdgeNode, type Total } from "./node.ts";

export const NODES_MOST = 2_000;
/** Of all nodes together; the directory has room for fewer. */
export const DEVICES_MOST = 10_000;
export const ALL_VALUES_MOST = 50_000;

export class Nodes {
  readonly total: Total = { devices: 0, values: 0 };
  readonly #nodes = new Map<string, EdgeNode>();

  /** The node; null: there are too many. One that was never born makes room for another. */
  at(group: string, name: string): EdgeNode | null {
    const key = `${group}/${name}`;
    const known = this.#nodes.get(key);
    if (known !== undefined) return known;
    if (this.#nodes.size >= NODES_MOST) {
      const idle = this.#idle();
      if (idle === null) return null;
      this.#nodes.delete(idle);
    }
    const node = new EdgeNode(group, name, this.total);
    this.#nodes.set(key, node);
    return node;
  }

  all(): Iterable<EdgeNode> {
    return this.#nodes.values();
  }

  get size(): number {
    return this.#nodes.size;
  }

  /** How many were born and have not died. */
  online(): number {
    let online = 0;
    for (const { self } of this.#nodes.values()) if (self.born) online++;
    return online;
  }

  #idle(): string | null {
    for (const [key, { self, devices }] of this.#nodes) {
      if (!self.born && devices.size === 0) return key;
    }
    return null;
  }
}
