/** What people change of polls: one change at a time, each written together with its row of the audit log. */
import type { Clock } from "../../base/clock.ts";
import { PerchError } from "../../base/errors.ts";
import { randomId } from "../../base/ids.ts";
import { keepSecrets } from "../../base/options.ts";
import type { Sealer } from "../../base/sealed.ts";
import { createTurns } from "../../base/turns.ts";
import type { Database } from "../../db/client.ts";
import type { AuditChange, Audited } from "../../events/audit_change.ts";
import { pathFault } from "../../machines/names.ts";
import { hashOf, newSecret } from "./heartbeat_secret.ts";
import type { PollKind } from "./kinds/kind.ts";
import { type Entries, type Entry, entryOf, pollKey } from "./poll_entries.ts";
import { parseOptions, parseSettings, sealRow, storedSettings } from "./poll_options.ts";
import { createPollStore, type PollRow } from "./poll_store.ts";
import type { PollView } from "./poll_view.ts";

export interface NewPoll {
  name: string;
  kind: string;
  options: Record<string, unknown>;
  /** What is left out has its default. */
  settings?: Record<string, unknown>;
  /** Path of the machine that its readings come under; default `probes/<name>`. */
  machine?: string | null;
  enabled?: boolean;
}
export interface PollPatch {
  name?: string;
  /** All of them; secrets that are left out or `***` stay. */
  options?: Record<string, unknown>;
  /** Those that change. */
  settings?: Record<string, unknown>;
  enabled?: boolean;
}
/** What was added; the secret of a heartbeat's address is known this once. */
export interface Added {
  view: PollView;
  secret: string | null;
}

export interface PollChanges {
  /** @throws `validation`; `conflict` when the name or the machine is taken */
  add(given: NewPoll, audited: Audited): Promise<Added>;
  /** @throws `not_found`, `validation`, `conflict` */
  change(id: string, patch: PollPatch, audited: Audited): Promise<PollView>;
  /** A new secret for the address of a heartbeat; the old one is none any more. @throws `not_found`, `conflict` */
  renew(id: string, audited: Audited): Promise<Added>;
  /** The address and port that an admin has to allow before it can connect; null: none. @throws `not_found` */
  asks(id: string): Promise<string | null>;
  /** Allows that this poll connects there. @throws `not_found`, `conflict` when it is not its address */
  allow(id: string, address: string, audited: Audited): Promise<PollView>;
  /** Its machine and readings stay. @throws `not_found` */
  remove(id: string, audited: Audited): Promise<PollView>;
}

/** Where a poll connects to. */
export type Target = ReturnType<PollKind["target"]>;

export interface ChangeDeps {
  db: Database;
  clock: Clock;
  kinds: readonly PollKind[];
  sealer: Sealer;
  /** Why a kind is not possible on this host; null: it is. */
  missing(kind: PollKind): string | null;
  /**
   * The address and port that somebody has to allow; null: none. `field`: what its host stands in.
   * @throws PerchError `validation` for one that nobody may, `unavailable` when its name is not known now
   */
  addressToAllow(target: Target, field: string): Promise<string | null>;
}

/** What the changes work on. */
export interface Changed {
  entries: Entries;
  viewOf(entry: Entry): PollView;
  onChange(id: string): void;
}

type Fields = Readonly<Record<string, unknown>>;

const MOST_POLLS = 200;
/** Where the machines of probes stand unless somebody says otherwise. */
const AREA = "probes";

export function createPollChanges(
  deps: ChangeDeps,
  { entries, viewOf, onChange }: Changed,
): PollChanges {
  const { db, sealer } = deps;
  const store = createPollStore(db);
  const oneAtATime = createTurns();

  async function put(
    entry: Entry,
    audited: Audited,
    change: Omit<AuditChange, "resource">,
  ): Promise<PollView> {
    const { id } = entry.row;
    await db.write([store.put(entry.row), audited({ ...change, resource: pollKey(id) })]);
    entries.put(entry);
    onChange(id);
    return viewOf(entry);
  }

  /** Names and machines are one poll's alone. */
  function checkTaken(field: "name" | "machine", value: string, self: string | null): void {
    const taken = entries.all().find(({ row }) => row[field] === value && row.id !== self);
    if (!taken) return;
    const message = field === "name"
      ? `there is a probe "${value}" already`
      : `the probe "${taken.row.name}" stands under ${value} already`;
    const about = [pollKey(taken.row.id)];
    throw new PerchError("conflict", message, { errors: [{ path: field, message }], about });
  }

  /** The same poll with other options; what was allowed holds for the address that it was allowed for. */
  async function withOptions(before: Entry, sent: Record<string, unknown>): Promise<Entry> {
    const { kind, poll, row } = before;
    if (kind === null) throw new PerchError("conflict", before.fault!);
    const options = parseOptions(
      kind,
      keepSecrets(kind.options, sent, poll?.options ?? row.options),
    );
    const isThere = poll !== null && sameTarget(kind.target(poll.options), kind.target(options));
    const asked = isThere ? row.allowed : await asksFor(kind, options);
    const allowed = asked === row.allowed ? asked : null;
    return entryOf(await sealRow({ ...row, allowed }, kind, options, sealer), kind, options);
  }

  /** An address that nobody may connect to is refused while somebody looks at the form; one that is away is not. */
  async function asksFor(kind: PollKind, options: Fields): Promise<string | null> {
    try {
      return await deps.addressToAllow(kind.target(options), hostField(kind));
    } catch (error) {
      if (error instanceof PerchError && error.code === "unavailable") return null;
      throw error;
    }
  }

  async function add(given: NewPoll, audited: Audited): Promise<Added> {
    const kind = deps.kinds.find((one) => one.kind === given.kind);
    if (kind === undefined) {
      throw invalid("kind", `give one of ${deps.kinds.map((one) => one.kind).join(", ")}`);
    }
    const missing = deps.missing(kind);
    if (missing !== null) throw invalid("kind", missing);
    if (entries.all().length >= MOST_POLLS) {
      throw new PerchError("conflict", `more than ${MOST_POLLS} probes are not possible`);
    }
    const machine = machineOf(given);
    checkTaken("name", given.name, null);
    checkTaken("machine", machine, null);
    const options = parseOptions(kind, given.options);
    await asksFor(kind, options);
    const every = kind.everyS === undefined ? {} : { every_s: kind.everyS };
    const secret = kind.reports ? newSecret() : null;
    const row: PollRow = {
      id: randomId(12),
      name: given.name,
      kind: kind.kind,
      options: {},
      secrets: "",
      settings: parseSettings(given.settings ?? {}, every),
      machine,
      allowed: null,
      secretHash: secret === null ? null : hashOf(secret),
      enabled: given.enabled ?? true,
      createdMs: deps.clock.now(),
    };
    const entry = entryOf(await sealRow(row, kind, options, sealer), kind, options);
    const after = audit(viewOf(entry));
    return { view: await put(entry, audited, { action: "probe.create", after }), secret };
  }

  async function change(id: string, patch: PollPatch, audited: Audited): Promise<PollView> {
    const before = entries.need(id);
    if (patch.name !== undefined) checkTaken("name", patch.name, id);
    const changed = patch.options === undefined ? before : await withOptions(before, patch.options);
    const row = { ...changed.row };
    if (patch.name !== undefined) row.name = patch.name;
    if (patch.enabled !== undefined) row.enabled = patch.enabled;
    if (patch.settings !== undefined) {
      row.settings = parseSettings(patch.settings, storedSettings(row.settings));
    }
    const { kind, poll } = changed;
    const entry = kind === null || poll === null
      ? { ...changed, row }
      : entryOf(row, kind, poll.options);
    return await put(entry, audited, {
      action: "probe.update",
      before: audit(viewOf(before)),
      after: audit(viewOf(entry)),
    });
  }

  async function renew(id: string, audited: Audited): Promise<Added> {
    const before = entries.need(id);
    if (before.kind?.reports !== true) {
      throw new PerchError("conflict", `${before.row.name} is asked by Perch and has no secret`);
    }
    const secret = newSecret();
    const entry = { ...before, row: { ...before.row, secretHash: hashOf(secret) } };
    return { view: await put(entry, audited, { action: "probe.renew_secret" }), secret };
  }

  async function allow(id: string, address: string, audited: Audited): Promise<PollView> {
    const { row, kind, poll, fault } = entries.need(id);
    if (kind === null || poll === null) throw new PerchError("conflict", fault!);
    const asked = await deps.addressToAllow(kind.target(poll.options), hostField(kind));
    if (asked !== address) {
      const now = asked === null ? "none has to be allowed" : `it is ${asked} now`;
      const message = `${address.slice(0, 80)} is not the address of this probe: ${now}`;
      throw new PerchError("conflict", message, { errors: [{ path: "address", message }] });
    }
    return await put(entryOf({ ...row, allowed: address }, kind, poll.options), audited, {
      action: "probe.allow",
      before: { allowed: row.allowed },
      after: { allowed: address },
    });
  }

  async function remove(id: string, audited: Audited): Promise<PollView> {
    const view = viewOf(entries.need(id));
    const before = audit(view);
    await db.write([
      store.remove(id),
      audited({ action: "probe.delete", resource: pollKey(id), before }),
    ]);
    entries.drop(id);
    onChange(id);
    return view;
  }

  return {
    add: (...given) => oneAtATime(() => add(...given)),
    change: (...given) => oneAtATime(() => change(...given)),
    renew: (...given) => oneAtATime(() => renew(...given)),
    async asks(id) {
      const { kind, poll } = entries.need(id);
      if (kind === null || poll === null) return null;
      const asked = await asksFor(kind, poll.options);
      return asked === poll.allowed ? null : asked;
    },
    allow: (...given) => oneAtATime(() => allow(...given)),
    remove: (...given) => oneAtATime(() => remove(...given)),
  };
}

/** @throws PerchError `validation` for a path that is none */
function machineOf({ machine, name }: NewPoll): string {
  const given = machine?.trim() ?? "";
  const path = given === "" ? `${AREA}/${name.replaceAll(/[/+#\p{C}]/gu, "-").trim()}` : given;
  const fault = pathFault(path);
  if (fault !== null) throw invalid("machine", fault);
  return path;
}

/** The option that its address stands in. */
const hostField = (kind: PollKind) => `options.${"url" in kind.options.shape ? "url" : "host"}`;

/** As the audit log shows it. */
function audit({ name, kind, options, settings, machine, allowed, enabled }: PollView) {
  return { name, kind, options, settings, machine, allowed, enabled };
}

const sameTarget = (a: Target, b: Target) => a?.host === b?.host && a?.port === b?.port;

function invalid(path: string, message: string): PerchError {
  return new PerchError("validation", `${path}: ${message}`, { errors: [{ path, message }] });
}
