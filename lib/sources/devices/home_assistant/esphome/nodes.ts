import { addReject, type Decoded, type SensorKind } from "../../../../readings/reading.ts";
import type { OrderSpec } from "../../../../machines/order.ts";
import type { AnnouncedDevice, AnnouncedEntity, DeviceDirectory } from "../../device.ts";
import { clean } from "../about.ts";
import type { Adoption } from "../adoptions.ts";
import { Content } from "../content.ts";
import type { Reading } from "../plan.ts";
import { readState, stateReader } from "../states.ts";

/** `<node>/<domain>/<object>/state`, taken apart. */
export interface Place {
  node: string;
  domain: string;
  object: string;
}

const KINDS: Readonly<Record<string, SensorKind>> = {
  sensor: "number",
  number: "number",
  binary_sensor: "binary",
  switch: "binary",
  text_sensor: "text",
  select: "text",
  lock: "text",
  cover: "text",
};
export const DOMAINS: readonly string[] = Object.keys(KINDS);

const DIALECT = "esphome";
const NODES_MOST = 1_000;
const ENTITIES_MOST = 10_000;

interface Node {
  name: string;
  available: boolean | null;
  entities: Map<string, SensorKind>;
}

/** Nodes of ESPHome that do not announce themselves, known by how they name their topics. */
export class Nodes {
  readonly #nodes = new Map<string, Node>();
  #entities = 0;

  constructor(private readonly directory: DeviceDirectory) {}

  /** The topics that say whether a node is there. */
  *topics(): Iterable<string> {
    for (const name of this.#nodes.keys()) yield `${name}/status`;
  }

  has(name: string): boolean {
    return this.#nodes.has(name);
  }

  state(place: Place, payload: Uint8Array): Decoded {
    const out: Decoded = { drafts: [], rejects: [] };
    const node = this.#nodeOf(place.node);
    if (payload.length === 0 || node === null) return out;
    const kind = KINDS[place.domain];
    const read: Reading = { topic: "", as: kind, on: "ON", off: "OFF" };
    const state = readState(stateReader(read), new Content(payload));
    if (state === null || "note" in state) return out;
    if ("reject" in state) {
      addReject(out, state.reject);
      return out;
    }
    const uid = uidOf(place);
    if (!node.entities.has(keyOf(place)) && !this.#announce(node, place, kind)) return out;
    const sensor = this.directory.sensorOf(uid);
    if (sensor !== null) out.drafts.push(clean({ sensor, ...state }));
    return out;
  }

  /** `<node>/status`. */
  status(name: string, payload: Uint8Array): void {
    const node = this.#nodes.get(name);
    const text = new Content(payload).text?.trim();
    if (node === undefined || (text !== "online" && text !== "offline")) return;
    node.available = text === "online";
    if (node.entities.size > 0) this.directory.setAvailable(`esphome:${name}`, node.available);
  }

  adoption(place: Place, property: string | null): Adoption | null {
    const node = this.#nodes.get(place.node);
    if (node === undefined || property !== null) return null;
    const key = keyOf(place);
    const kind = node.entities.get(key);
    const deviceUid = `esphome:${place.node}`;
    if (kind === undefined) return { entityUid: null, deviceUid };
    const taken = () => {
      if (node.entities.delete(key)) this.#entities--;
    };
    return { entityUid: uidOf(place), deviceUid, kind, taken };
  }

  restore({ kind, source }: AnnouncedEntity): void {
    const { node, domain, object } = source as unknown as Place;
    if (typeof node !== "string" || typeof object !== "string" || kind === null) return;
    const known = this.#nodeOf(node);
    if (known === null) return;
    known.entities.set(keyOf({ node, domain, object }), kind);
    this.#entities++;
  }

  #nodeOf(name: string): Node | null {
    const known = this.#nodes.get(name);
    if (known !== undefined) return known;
    if (this.#nodes.size >= NODES_MOST) {
      this.directory.note(DIALECT, `more than ${NODES_MOST} nodes: one was not taken`);
      return null;
    }
    const node: Node = { name, available: null, entities: new Map() };
    this.#nodes.set(name, node);
    this.directory.topicsChanged();
    return node;
  }

  #announce(node: Node, place: Place, kind: SensorKind): boolean {
    if (this.#entities >= ENTITIES_MOST) return false;
    const device: AnnouncedDevice = { uid: `esphome:${node.name}`, name: node.name };
    const entity: AnnouncedEntity = {
      uid: uidOf(place),
      name: spoken(place.object),
      kind,
      ...orderFor(place),
      source: { form: DIALECT, ...place },
    };
    this.directory.announce(DIALECT, device, [entity]);
    node.entities.set(keyOf(place), kind);
    this.#entities++;
    if (node.available !== null) this.directory.setAvailable(device.uid, node.available);
    return true;
  }
}

function orderFor({ node, domain, object }: Place): { order?: OrderSpec } {
  if (domain !== "switch") return {};
  const to = { topic: `${node}/switch/${object}/command`, on: "ON", off: "OFF", qos: 0 };
  return { order: { kind: "switch", way: { dialect: DIALECT, to } } };
}

function keyOf({ domain, object }: Place): string {
  return `${domain}/${object}`;
}

function uidOf(place: Place): string {
  return `esphome:${place.node}/${keyOf(place)}`;
}

function spoken(object: string): string {
  const text = object.replaceAll("_", " ");
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
