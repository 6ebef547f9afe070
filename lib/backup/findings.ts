import { z } from "zod";
import {
  hasPeople,
  maySignIn,
  newerThan,
  type PlantState,
  readingsOnlyIn,
  type Row,
} from "./plant_state.ts";

const person = z.object({
  name: z.string(),
  email: z.string(),
  role: z.string(),
  state: z.string(),
}).meta({ id: "RestoredPerson" });
const key = z.object({ name: z.string(), kind: z.string(), role: z.string() })
  .meta({ id: "RestoredKey" });

/** What a restore changes that a person has to know before and after it. */
export const findingsShape = z.object({
  /** The database that is there now: compared, not there, or it cannot be read. */
  live: z.enum(["compared", "missing", "unreadable"]),
  /** The archive is of another plant. */
  foreign: z.boolean(),
  /** In the archive, and kept out: deleted, disabled or not known here now. */
  people_out: z.array(person),
  /** Who can sign in again as at the time of the backup: there is nothing to compare them with. */
  people_back: z.array(person),
  /** In the archive, and removed from it: they are not valid now. */
  keys_out: z.array(key),
  keys_back: z.array(key),
  /** Switched off: they were removed or switched off since, or are another plant's. */
  channels_off: z.array(z.string()),
  /** Channels whose secrets cannot be read with the key that is there. */
  type_again: z.array(z.string()),
  /** What is in the database now and not in the archive; null: it cannot be known. */
  lost: z.object({
    readings: z.int(),
    until_ms: z.int().nullable(),
    // Not in what an earlier Perch wrote.
    alarms: z.int().default(0),
    tickets: z.int().default(0),
  }).nullable(),
});
export type Findings = z.output<typeof findingsShape>;

/** How the keys of the channels' secrets are. */
export interface ChannelKeys {
  /** What is there now is a key. */
  live: boolean;
  /** The archive brings one, and it takes the place of what is there. */
  brought: boolean;
  /** The secrets in the archive were sealed with another one. */
  differs: boolean;
}

/** What is done in the restored database, decided. */
export interface Decision {
  findings: Findings;
  /** People and keys are those of now; else there is nobody now. */
  keepsAccess: boolean;
  /** People of the restored database that `live` does not have. */
  others: { id: string; state: "disabled" | "deleted" }[];
  /** Channels that keep the secrets of now. */
  keepSecrets: { id: string; secrets: Row[string] }[];
  switchOff: { id: string; reason: string }[];
}

/** Pure: what comes back, what does not. `live` null: there is nothing to compare with, for this reason. */
export function decide(
  restored: PlantState,
  live: PlantState | null,
  why: "missing" | "unreadable",
  foreign: boolean,
  keys: ChannelKeys,
): Decision {
  const channels = channelsOf(restored, live, foreign, keys);
  const access = live !== null && hasPeople(live) ? live : null;
  const people = access === null ? [] : outOf(restored, access);
  return {
    keepsAccess: access !== null,
    others: access === null ? [] : othersOf(restored, access, foreign),
    keepSecrets: channels.keep,
    switchOff: channels.off,
    findings: {
      live: live === null ? why : "compared",
      foreign,
      people_out: people.map(personOf),
      people_back: access === null ? restored.users.filter(maySignIn).map(personOf) : [],
      keys_out: access === null ? [] : missingIn(access.keys, restored.keys).map(keyOf),
      keys_back: access === null ? restored.keys.map(keyOf) : [],
      channels_off: channels.off.map(({ name }) => name),
      type_again: channels.unreadable,
      lost: live === null ? null : lostOf(live, restored, foreign),
    },
  };
}

function lostOf(
  live: PlantState,
  restored: PlantState,
  foreign: boolean,
): NonNullable<Findings["lost"]> {
  const [alarms, tickets] = foreign ? [[], []] : [restored.alarms, restored.tickets];
  return {
    ...(foreign
      ? { readings: totalOf(live), until_ms: newestOf(live) }
      : readingsOnlyIn(live.readings, restored.readings)),
    alarms: newerThan(live.alarms, alarms),
    tickets: newerThan(live.tickets, tickets),
  };
}

/** Could sign in at the time of the backup, and cannot now. */
function outOf(restored: PlantState, live: PlantState): Row[] {
  const now = new Map(live.users.map((row) => [row.id, row]));
  return restored.users.filter(maySignIn).flatMap((row) => {
    const today = now.get(row.id);
    if (today === undefined) return [{ ...row, state: "unknown" }];
    return maySignIn(today) ? [] : [{ ...row, state: today.state }];
  });
}

/** A deleted one keeps the name for history, and leaves the address to whoever has it now. */
function othersOf(restored: PlantState, live: PlantState, foreign: boolean): Decision["others"] {
  const taken = new Set(live.users.filter(({ state }) => state !== "deleted").map((u) => u.email));
  return missingIn(live.users, restored.users).map((row) => ({
    id: String(row.id),
    state: foreign || row.state === "deleted" || taken.has(row.email) ? "deleted" : "disabled",
  }));
}

function missingIn(here: readonly Row[], there: readonly Row[]): Row[] {
  const ids = new Set(here.map(({ id }) => id));
  return there.filter(({ id }) => !ids.has(id));
}

function channelsOf(
  restored: PlantState,
  live: PlantState | null,
  foreign: boolean,
  keys: ChannelKeys,
) {
  const now = new Map(live?.channels.map((row) => [row.id, row]) ?? []);
  const keep: Decision["keepSecrets"] = [];
  const off: (Decision["switchOff"][number] & { name: string })[] = [];
  const unreadable: string[] = [];
  for (const channel of restored.channels) {
    const [id, name] = [String(channel.id), String(channel.name)];
    const today = foreign ? undefined : now.get(channel.id);
    const kept = today !== undefined && keys.live && !keys.brought;
    if (kept) keep.push({ id, secrets: today.secrets });
    const reason = foreign
      ? "It came with the backup of another plant."
      : live !== null && today === undefined
      ? "It was not here any more when the backup was restored."
      : today?.enabled === 0
      ? "It was switched off when the backup was restored."
      : null;
    if (reason !== null) off.push({ id, name, reason });
    const isReadable = kept || keys.brought || (!foreign && keys.live && !keys.differs);
    if (channel.secrets !== "" && channel.secrets !== null && !isReadable) unreadable.push(name);
  }
  return { keep, off, unreadable };
}

const text = (value: Row[string] | undefined) => String(value ?? "");
const personOf = ({ name, email, role, state }: Row) => ({
  name: text(name),
  email: text(email),
  role: text(role),
  state: text(state),
});
const keyOf = ({ name, kind, role }: Row) => ({
  name: text(name),
  kind: text(kind),
  role: text(role),
});

function totalOf({ readings: { sensors } }: PlantState): number {
  return [...sensors.values()].reduce((sum, { n }) => sum + n, 0);
}

function newestOf({ readings: { sensors } }: PlantState): number | null {
  return sensors.size === 0 ? null : Math.max(...[...sensors.values()].map((s) => s.newestMs));
}
