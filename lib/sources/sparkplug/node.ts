/** What is known of one edge node and its devices. */
import { Asking } from "./asking.ts";
import { type Birth, type Born, deviceUid } from "./birth.ts";
import type { AnnouncedDevice } from "../devices/device.ts";
import type { Alias, Metric } from "./payload.ts";
import { Sequence } from "./sequence.ts";

/** The node itself, or one of its devices. */
export interface Member {
  device: string | null;
  uid: string;
  born: boolean;
  /** Null: nobody said. */
  available: boolean | null;
  about: AnnouncedDevice | null;
  metrics: ReadonlyMap<string, Born>;
  /** How many values its metrics stand for. */
  values: number;
}

/** What all nodes together are made of; bounded by the host. */
export interface Total {
  devices: number;
  values: number;
}

export class EdgeNode {
  readonly self: Member;
  readonly devices = new Map<string, Member>();
  readonly sequence = new Sequence();
  readonly asking = new Asking();
  bdSeq: number | null = null;
  /** When what is missing is not waited for any longer. */
  reorderMs = Infinity;
  /** When those that were not born again are taken to be gone. */
  goneMs = Infinity;
  /** When it is asked, unless it was born until then: nobody knows what was missed. */
  doubtMs = Infinity;
  readonly #aliases = new Map<Alias, { member: Member; born: Born }>();

  constructor(readonly group: string, readonly node: string, private readonly total: Total) {
    this.self = this.#member(null);
  }

  /** The node, or one of its devices; undefined: it was never heard of. */
  member(device: string | null): Member | undefined {
    return device === null ? this.self : this.devices.get(device);
  }

  addDevice(device: string): Member {
    const member = this.#member(device);
    this.total.devices++;
    this.devices.set(device, member);
    return member;
  }

  /** All of them: the node first. */
  *members(): Iterable<Member> {
    yield this.self;
    yield* this.devices.values();
  }

  /** The metric that another member has under an alias of this birth. */
  taken(birth: Birth, by: Member | undefined): { alias: Alias; one: string; other: string } | null {
    for (const { name, alias } of birth.metrics.values()) {
      if (alias === undefined) continue;
      const known = this.#aliases.get(alias);
      if (known === undefined || known.member === by) continue;
      return { alias, one: shown(known.member, known.born), other: name };
    }
    return null;
  }

  /** How many values are forgotten with a birth of this member. */
  replaced(member: Member): number {
    if (member !== this.self) return member.values;
    let values = 0;
    for (const { values: own } of this.members()) values += own;
    return values;
  }

  /** One more value of a metric was met. */
  grow(member: Member): void {
    member.values++;
    this.total.values++;
  }

  /** Takes over what a birth said; what a member had before is forgotten. */
  bear(member: Member, birth: Birth): void {
    if (member === this.self) {
      this.bdSeq = birth.bdSeq;
      this.#aliases.clear();
      for (const device of this.devices.values()) this.#forget(device);
    } else {
      for (const { alias } of member.metrics.values()) {
        if (alias !== undefined) this.#aliases.delete(alias);
      }
    }
    this.#forget(member);
    member.born = true;
    member.about = birth.about;
    member.metrics = birth.metrics;
    member.values = valuesOf(birth);
    this.total.values += member.values;
    for (const born of birth.metrics.values()) {
      if (born.alias !== undefined) this.#aliases.set(born.alias, { member, born });
    }
  }

  /** What a metric of a later message is; undefined: unknown. Some send the alias alone, some the name, some both. */
  bornAs(member: Member, { name, alias }: Metric): Born | undefined {
    const byName = name === undefined || name === "" ? undefined : member.metrics.get(name);
    const known = alias === undefined ? undefined : this.#aliases.get(alias);
    if (known === undefined) return byName;
    if (known.member !== member) return undefined;
    return name === undefined || name === "" || byName === known.born ? known.born : undefined;
  }

  /** Everything that its births said is in doubt. */
  forgetBirths(): void {
    this.#aliases.clear();
    for (const member of this.members()) this.#forget(member);
    this.sequence.forgive();
    this.reorderMs = this.goneMs = Infinity;
    this.asking.settled();
  }

  #member(device: string | null): Member {
    const uid = deviceUid({ group: this.group, node: this.node, device });
    const nothing = { born: false, available: null, about: null, metrics: new Map(), values: 0 };
    return { device, uid, ...nothing };
  }

  #forget(member: Member): void {
    this.total.values -= member.values;
    member.values = 0;
    member.born = false;
    member.metrics = new Map();
  }
}

/** Each metric counts, what it is made of too. */
export function valuesOf(birth: Birth): number {
  let values = 0;
  for (const { leaves } of birth.metrics.values()) values += Math.max(1, leaves.size);
  return values;
}

function shown({ device }: Member, { name }: Born): string {
  return device === null ? name : `${device}: ${name}`;
}
