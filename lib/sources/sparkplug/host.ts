/** The host application: what each message of edge nodes means, and what has to be done about it. Pure. */
import { addReject } from "../../readings/reading.ts";
import type { AnnouncedEntity } from "../devices/device.ts";
import { VALUES_MOST } from "../dialects/dialect.ts";
import { aliasFault, bdSeqIn, birthOf, entityOf } from "./birth.ts";
import { addReadings, type Effect, type Heard, reach } from "./heard.ts";
import { leavesOf } from "./leaves.ts";
import { type EdgeNode, valuesOf } from "./node.ts";
import { ALL_VALUES_MOST, DEVICES_MOST, Nodes, NODES_MOST } from "./nodes.ts";
import { decodePayload, isPayloadFault, type Payload } from "./payload.ts";
import { isState, type Place, placeOf } from "./topic.ts";

/*
 * DESIGN
 * Messages and the time go in, readings and what is to be done come out; nothing is done here. A node's births, deaths
 * and running number decide whether its messages can be understood. Where they cannot, the node is asked for a rebirth
 * and everything begins anew: seldom (`asking.ts`), and few nodes at a time. Readings of a message out of order are
 * kept: their time says when they were. Without a birth nothing is, as an alias could mean anything.
 */

export interface HostCounts {
  nodes: number;
  /** Nodes that were born and have not died. */
  online: number;
  devices: number;
  /** Requests for a rebirth since the start. */
  asked: number;
}

export interface HostOptions {
  /** How long missing messages are waited for. */
  reorderMs(): number;
}

const ID_CHARS_MOST = 256;
/** Different requests for a rebirth are so far apart: a broker that restarts is not flooded. */
const BETWEEN_ASKS_MS = 50;
/** Those that are not born so long after a connection, are asked. */
const DOUBT_MS = 5_000;
/** Those that are not born so long after they were asked, or after their node was, are gone. */
const GONE_MS = 60_000;
const DEVICES_GONE_MS = 10_000;
/** A broker that is started anew is back before. */
const STALE_MS = 10_000;

export class Host {
  readonly #nodes = new Nodes();
  /** Nothing is due before. */
  #nextMs = Infinity;
  #nextAskMs = -Infinity;
  #asked = 0;
  /** Without a connection: when nothing that was heard holds any longer. */
  #staleMs: number | null = null;

  constructor(private readonly options: HostOptions) {}

  /** A node or device that was announced before: it is not known whether it still is there. */
  know(group: string, node: string, device: string | null): void {
    const known = this.#nodes.at(group, node);
    if (known === null || device === null || this.#nodes.total.devices >= DEVICES_MOST) return;
    if (!known.devices.has(device)) known.addDevice(device);
  }

  /** A connection begins: what was before may be over, so every node is to be born anew. */
  connected(nowMs: number): void {
    this.#staleMs = null;
    let i = 0;
    for (const node of this.#nodes.all()) {
      node.forgetBirths();
      node.doubtMs = this.#at(nowMs + DOUBT_MS + BETWEEN_ASKS_MS * i++);
    }
  }

  /** The connection was lost: after a moment nobody knows of any of them whether it is still there. */
  lost(nowMs: number): void {
    this.#staleMs = this.#at(nowMs + STALE_MS);
  }

  /** Reads a message of a node or device; null: it is none, or none for a host. */
  take(topic: string, bytes: Uint8Array, nowMs: number): Heard | null {
    const place = placeOf(topic);
    if (place === null ? isState(topic) : place.type === "NCMD" || place.type === "DCMD") {
      return null;
    }
    // Somebody clears what a broker had kept.
    if (bytes.length === 0) return null;
    const heard: Heard = { effects: [], readings: [], rejects: [] };
    if (place === null) {
      addReject(heard, { code: "bad_topic", message: "Sparkplug has no such topic" });
      return heard;
    }
    const payload = decodePayload(bytes);
    if (isPayloadFault(payload)) {
      addReject(heard, payload);
      return heard;
    }
    const tooLong = [place.group, place.node, place.device ?? ""].some((id) =>
      id.length > ID_CHARS_MOST
    );
    const node = tooLong ? null : this.#nodes.at(place.group, place.node);
    if (node === null) {
      const message = tooLong
        ? `a name in the topic has more than ${ID_CHARS_MOST} characters`
        : `there are more than ${NODES_MOST} edge nodes`;
      addReject(heard, { code: tooLong ? "bad_topic" : "too_large", message });
      return heard;
    }
    this.#hear({ place, payload, node, heard, nowMs });
    return heard;
  }

  /** What is due by now. */
  due(nowMs: number): Effect[] {
    const effects: Effect[] = [];
    if (nowMs < this.#nextMs) return effects;
    this.#nextMs = Infinity;
    if (this.#staleMs !== null) return this.#stale(this.#staleMs, nowMs);
    for (const node of this.#nodes.all()) {
      this.#dueOf(node, effects, nowMs);
      for (const ms of [node.reorderMs, node.goneMs, node.doubtMs, node.asking.dueMs]) this.#at(ms);
    }
    return effects;
  }

  /** Nobody can be asked for now. */
  #stale(staleMs: number, nowMs: number): Effect[] {
    const effects: Effect[] = [];
    if (nowMs < staleMs) this.#at(staleMs);
    else {
      for (const node of this.#nodes.all()) {
        for (const member of node.members()) reach(member, false, effects);
      }
    }
    return effects;
  }

  /** When something is due next; Infinity: nothing is. */
  get nextMs(): number {
    return this.#nextMs;
  }

  counts(): HostCounts {
    const { size: nodes, total } = this.#nodes;
    return { nodes, online: this.#nodes.online(), devices: total.devices, asked: this.#asked };
  }

  #dueOf(node: EdgeNode, effects: Effect[], nowMs: number): void {
    if (node.reorderMs <= nowMs) {
      node.reorderMs = Infinity;
      node.sequence.forgive();
      effects.push({ do: "note", what: "messages were missing: a rebirth is asked for" });
      node.asking.want(nowMs);
    }
    if (node.doubtMs <= nowMs) {
      node.doubtMs = Infinity;
      node.asking.want(nowMs);
      node.goneMs = nowMs + GONE_MS;
    }
    if (node.goneMs <= nowMs) {
      node.goneMs = Infinity;
      for (const member of node.members()) if (!member.born) reach(member, false, effects);
    }
    if (node.asking.dueMs > nowMs) return;
    if (this.#nextAskMs > nowMs) {
      node.asking.dueMs = this.#nextAskMs;
      return;
    }
    this.#nextAskMs = nowMs + BETWEEN_ASKS_MS;
    this.#asked++;
    node.asking.asked(nowMs);
    effects.push({ do: "rebirth", group: node.group, node: node.node });
  }

  #hear(message: Message): void {
    switch (message.place.type) {
      case "NBIRTH":
      case "DBIRTH":
        return this.#born(message);
      case "NDEATH":
        return this.#nodeDied(message);
      case "DDEATH":
        return this.#deviceDied(message);
      default:
        return this.#data(message);
    }
  }

  #born({ place, payload, node, heard, nowMs }: Message): void {
    const ofNode = place.device === null;
    if (!ofNode && !node.self.born) return this.#ask(node, nowMs);
    if (!ofNode) this.#inOrder(node, payload, nowMs);
    const birth = birthOf(place, payload);
    if ("code" in birth) return addReject(heard, birth);
    const known = node.member(place.device);
    const clash = ofNode ? null : node.taken(birth, known);
    if (clash !== null) {
      if (known !== undefined) known.born = false;
      return addReject(heard, aliasFault(clash.alias, clash.one, clash.other));
    }
    if (known === undefined && this.#nodes.total.devices >= DEVICES_MOST) {
      const message = `there are more than ${DEVICES_MOST} devices`;
      return addReject(heard, { code: "too_large", message });
    }
    const less = known === undefined ? 0 : node.replaced(known);
    if (this.#nodes.total.values - less + valuesOf(birth) > ALL_VALUES_MOST) {
      const message = `the births of all nodes come to more than ${ALL_VALUES_MOST} values`;
      return addReject(heard, { code: "too_large", message });
    }
    const member = known ?? node.addDevice(place.device!);
    node.bear(member, birth);
    if (ofNode) this.#nodeBorn(node, payload, nowMs);
    heard.effects.push({ do: "announce", device: birth.about, entities: birth.entities });
    for (const what of birth.notes) heard.effects.push({ do: "note", what });
    reach(member, true, heard.effects);
    for (const { born, metric, leaves } of birth.values) {
      addReadings(heard, place, payload, born, metric, leaves);
    }
  }

  #nodeBorn(node: EdgeNode, payload: Payload, nowMs: number): void {
    node.sequence.begin((payload.seq ?? 0) & 255);
    node.asking.settled();
    node.reorderMs = node.doubtMs = Infinity;
    node.goneMs = node.devices.size === 0 ? Infinity : this.#at(nowMs + DEVICES_GONE_MS);
  }

  #nodeDied({ payload, node, heard }: Message): void {
    const bdSeq = bdSeqIn(payload);
    if (node.self.born && node.bdSeq !== null && bdSeq !== null && bdSeq !== node.bdSeq) {
      heard.effects.push({ do: "note", what: "a death that belongs to an earlier birth" });
      return;
    }
    node.forgetBirths();
    node.doubtMs = Infinity;
    for (const member of node.members()) reach(member, false, heard.effects);
  }

  #deviceDied({ place, payload, node, heard, nowMs }: Message): void {
    if (!node.self.born) return this.#ask(node, nowMs);
    this.#inOrder(node, payload, nowMs);
    const member = node.member(place.device);
    if (member === undefined) return;
    member.born = false;
    reach(member, false, heard.effects);
  }

  #data(message: Message): void {
    const { place, payload, node, heard, nowMs } = message;
    const member = node.member(place.device);
    if (node.self.born) this.#inOrder(node, payload, nowMs);
    if (!node.self.born || member === undefined || !member.born) {
      heard.effects.push({ do: "note", what: "data before a birth: a rebirth is asked for" });
      return this.#ask(node, nowMs);
    }
    const budget = { left: VALUES_MOST };
    const found: AnnouncedEntity[] = [];
    for (const metric of payload.metrics) {
      const born = node.bornAs(member, metric);
      if (born === undefined) {
        heard.effects.push({ do: "note", what: "an unknown metric: a rebirth is asked for" });
        this.#ask(node, nowMs);
        continue;
      }
      const typed = metric.type === 0 ? { ...metric, type: born.type } : metric;
      const leaves = leavesOf(typed, (suffix) => born.leaves.get(suffix), budget);
      if (leaves === null) {
        const message = `the message comes to more than ${VALUES_MOST} values`;
        addReject(heard, { code: "too_large", message });
        break;
      }
      for (const leaf of leaves) {
        if (born.leaves.has(leaf.suffix) || this.#nodes.total.values >= ALL_VALUES_MOST) continue;
        born.leaves.set(leaf.suffix, leaf.type);
        node.grow(member);
        found.push(entityOf(place, born, leaf, metric));
      }
      addReadings(heard, place, payload, born, metric, leaves);
    }
    if (found.length > 0) {
      heard.effects.push({ do: "announce", device: member.about!, entities: found });
    }
  }

  /** Follows the running number; out of order, the missing ones are waited for. */
  #inOrder(node: EdgeNode, { seq }: Payload, nowMs: number): void {
    if (seq === undefined) return;
    node.sequence.take(seq & 255);
    if (node.sequence.whole) node.reorderMs = Infinity;
    else if (node.reorderMs === Infinity) {
      node.reorderMs = this.#at(nowMs + this.options.reorderMs());
    }
  }

  #ask(node: EdgeNode, nowMs: number): void {
    if (node.asking.want(nowMs)) this.#at(node.asking.dueMs);
  }

  #at(ms: number): number {
    this.#nextMs = Math.min(this.#nextMs, ms);
    return ms;
  }
}

interface Message {
  place: Place;
  payload: Payload;
  node: EdgeNode;
  heard: Heard;
  nowMs: number;
}
