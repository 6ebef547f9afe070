import type { Clock } from "../base/clock.ts";
import { PerchError } from "../base/errors.ts";
import { randomId } from "../base/ids.ts";
import type { Log } from "../base/log.ts";
import type { Database, SqlStatement } from "../db/client.ts";
import type { EventLog } from "../events/events_store.ts";
import type { AuditChange, Audited } from "../events/note.ts";
import type { Channel, ChannelEnvironment, Outcome } from "./channel.ts";
import {
  type ChannelRow,
  type ChannelState,
  createChannelsStore,
  NEW_STATE,
} from "./channels_store.ts";
import { hideSecrets, keepSecrets, secretNames } from "./options.ts";
import type { RoutedChannel, Subscription } from "./routed.ts";
import type { Sealer } from "./sealed.ts";

/** A channel as API and pages show it: secrets hidden. */
export interface ChannelView {
  id: string;
  kind: string;
  name: string;
  options: Record<string, unknown>;
  subscription: Subscription | null;
  /** Set by the environment: it cannot be changed here, only switched off. */
  fixed: boolean;
  state: ChannelState;
  /** Why it cannot send at all. */
  fault: string | null;
  createdMs: number;
}

export interface NewChannel {
  kind: string;
  name: string;
  options: Record<string, unknown>;
  subscription?: Subscription | null;
}
export interface ChannelPatch {
  name?: string;
  /** All of them; secrets that are left out or `***` stay. */
  options?: Record<string, unknown>;
  subscription?: Subscription | null;
  enabled?: boolean;
}

/** The channels of this site, those of the environment first; in memory, a change is written first. */
export interface ChannelList {
  load(): Promise<void>;
  all(): ChannelView[];
  /** @throws `not_found` */
  find(id: string): ChannelView;
  kindOf(id: string): Channel | null;
  /** With secrets, for the one call that sends. @throws PerchError when they cannot be read */
  optionsOf(id: string): Record<string, unknown>;
  routed(): RoutedChannel[];
  /** @throws `validation`; `conflict` when the name is taken */
  add(given: NewChannel, note: Audited): Promise<ChannelView>;
  /** @throws `not_found`, `validation`, `conflict` */
  change(id: string, patch: ChannelPatch, note: Audited): Promise<ChannelView>;
  /** What still waits for it is cancelled. @throws `not_found`, `conflict` */
  remove(id: string, note: Audited): Promise<ChannelView>;
  /** Keeps how a try ended. */
  noted(id: string, outcome: Outcome, tMs: number): { statements: SqlStatement[]; done(): void };
  /** Called with the id after each change. */
  onChange(listener: (id: string) => void): void;
}

export interface ChannelListDeps {
  db: Database;
  clock: Clock;
  log: Log;
  kinds: readonly Channel[];
  environment: ChannelEnvironment;
  sealer: Sealer;
  events: Pick<EventLog, "statement">;
  /** Says before it is stored that an address in the options cannot be used. @throws PerchError */
  check: (options: Readonly<Record<string, unknown>>) => Promise<void>;
}

interface Entry {
  row: ChannelRow;
  /** With secrets; null when they cannot be read. */
  options: Record<string, unknown> | null;
  fault: string | null;
  state: ChannelState;
  fixed: boolean;
}

const MOST_CHANNELS = 50;

export function createChannelList(deps: ChannelListDeps): ChannelList {
  const { db, clock, sealer, kinds } = deps;
  const store = createChannelsStore(db);
  const entries = new Map<string, Entry>();
  const listeners: ((id: string) => void)[] = [];
  let last: Promise<unknown> = Promise.resolve();

  const exclusive = <T>(run: () => Promise<T>): Promise<T> => {
    const done = last.then(run);
    last = done.catch(() => {});
    return done;
  };
  const changed = (id: string) => listeners.forEach((listener) => listener(id));
  const kindNamed = (kind: string) => kinds.find((one) => one.kind === kind) ?? null;

  function need(id: string): Entry {
    const entry = entries.get(id);
    if (entry) return entry;
    throw new PerchError("not_found", `there is no channel "${id.slice(0, 80)}"`, {
      about: [`channel:${id}`],
    });
  }

  function viewOf({ row, state, fixed, fault, options }: Entry): ChannelView {
    const { secrets: _, ...shown } = row;
    const kind = kindNamed(row.kind);
    return {
      ...shown,
      options: kind === null ? {} : hideSecrets(kind.options, options ?? row.options),
      fixed,
      state,
      fault: kind === null
        ? `this Perch knows no channel of the kind ${row.kind}`
        : fault ?? kind.fault?.(options ?? row.options, deps.environment)?.message ?? null,
    };
  }

  /** @throws PerchError `validation` naming the option */
  async function parse(kind: Channel, options: Record<string, unknown>) {
    const strict = kind.options.strict();
    const result = strict.safeParse(options);
    if (!result.success) {
      const errors = result.error.issues.flatMap((issue) =>
        issue.code === "unrecognized_keys"
          ? issue.keys.map((key) => ({ path: `options.${key}`, message: "unknown option" }))
          : [{ path: ["options", ...issue.path].join("."), message: issue.message }]
      );
      throw new PerchError("validation", `${errors[0].path}: ${errors[0].message}`, { errors });
    }
    const missing = kind.fault?.(result.data, deps.environment) ?? null;
    if (missing !== null) {
      const path = `options.${missing.path}`;
      throw new PerchError("validation", `${path}: ${missing.message}`, {
        errors: [{ path, message: missing.message }],
      });
    }
    await deps.check(result.data);
    return result.data as Record<string, unknown>;
  }

  async function rowOf(entry: Pick<Entry, "row">, options: Record<string, unknown>) {
    const kind = kindNamed(entry.row.kind)!;
    const secret = new Set(secretNames(kind.options));
    const part = (want: boolean) =>
      Object.fromEntries(Object.entries(options).filter(([name]) => secret.has(name) === want));
    return {
      ...entry.row,
      options: part(false),
      secrets: await sealer.seal(JSON.stringify(part(true)), entry.row.id),
    };
  }

  function checkName(name: string, self: string | null): void {
    const taken = [...entries.values()].find(({ row }) => row.name === name && row.id !== self);
    if (!taken) return;
    const message = `there is a channel "${name}" already`;
    const about = [`channel:${taken.row.id}`];
    throw new PerchError("conflict", message, { errors: [{ path: "name", message }], about });
  }

  /** As the audit log shows it. */
  function shown(view: ChannelView) {
    const { kind, name, options, subscription, state } = view;
    return { kind, name, options, subscription, enabled: state.enabled };
  }

  async function put(
    entry: Entry,
    note: Audited,
    change: Omit<AuditChange, "resource">,
  ): Promise<Entry> {
    const { row } = entry;
    await db.write([
      ...(entry.fixed ? [] : [store.put(row)]),
      store.putState(row.id, entry.state),
      note({ ...change, resource: `channel:${row.id}` }),
    ]);
    entries.set(row.id, entry);
    changed(row.id);
    return entry;
  }

  return {
    async load() {
      entries.clear();
      const states = await store.states();
      for (const row of environmentRows(deps.environment, kinds)) {
        const state = states.get(row.id) ?? NEW_STATE;
        entries.set(row.id, { row, options: row.options, fault: null, state, fixed: true });
      }
      for (const row of await store.all()) {
        const state = states.get(row.id) ?? NEW_STATE;
        const entry: Entry = { row, options: null, fault: null, state, fixed: false };
        try {
          entry.options = { ...row.options, ...JSON.parse(await sealer.open(row.secrets, row.id)) };
        } catch (error) {
          entry.fault = error instanceof PerchError ? error.message : "its secrets are unreadable";
          deps.log.warn(`the channel ${row.name} cannot send`, { error });
        }
        entries.set(row.id, entry);
      }
    },
    all: () => [...entries.values()].map(viewOf),
    find: (id) => viewOf(need(id)),
    kindOf: (id) => kindNamed(entries.get(id)?.row.kind ?? ""),
    optionsOf(id) {
      const { options, fault } = need(id);
      if (options !== null) return options;
      throw new PerchError("unavailable", fault ?? "its options cannot be read");
    },
    routed: () =>
      [...entries.values()].map(({ row, state, options }) => {
        const kind = kindNamed(row.kind);
        return {
          id: row.id,
          name: row.name,
          enabled: state.enabled && kind !== null,
          forPeople: kind?.forPeople ?? false,
          toPersons: (kind?.toPersons ?? false) &&
            (kind?.fault?.(options ?? row.options, deps.environment) ?? null) === null,
          subscription: row.subscription,
        };
      }),
    add: (given, note) =>
      exclusive(async () => {
        const kind = kindNamed(given.kind);
        if (kind === null) {
          const message = `must be one of ${kinds.map((one) => one.kind).join(", ")}`;
          throw new PerchError("validation", `kind: ${message}`, {
            errors: [{ path: "kind", message }],
          });
        }
        if (entries.size >= MOST_CHANNELS) {
          throw new PerchError("conflict", `more than ${MOST_CHANNELS} channels are not possible`);
        }
        checkName(given.name, null);
        const options = await parse(kind, kind.prepare?.(given.options) ?? given.options);
        const row: ChannelRow = {
          id: randomId(12),
          kind: kind.kind,
          name: given.name,
          options: {},
          secrets: "",
          subscription: given.subscription ?? null,
          createdMs: clock.now(),
        };
        const entry: Entry = {
          row: await rowOf({ row }, options),
          options,
          fault: null,
          state: NEW_STATE,
          fixed: false,
        };
        const view = viewOf(entry);
        await put(entry, note, { action: "channel.create", after: shown(view) });
        return view;
      }),
    change: (id, patch, note) =>
      exclusive(async () => {
        const before = need(id);
        if (before.fixed && (patch.name !== undefined || patch.options !== undefined)) {
          throw new PerchError("conflict", "the environment sets this channel; change it there");
        }
        const entry = { ...before, row: { ...before.row } };
        if (patch.name !== undefined) {
          checkName(patch.name, id);
          entry.row.name = patch.name;
        }
        if (patch.subscription !== undefined) entry.row.subscription = patch.subscription;
        if (patch.options !== undefined) {
          const kind = kindNamed(before.row.kind);
          if (kind === null) throw new PerchError("conflict", viewOf(before).fault!);
          const stored = before.options ?? before.row.options;
          entry.options = await parse(kind, keepSecrets(kind.options, patch.options, stored));
          entry.row = await rowOf(entry, entry.options);
          entry.fault = null;
        }
        if (patch.enabled !== undefined) {
          const { enabled } = patch;
          const fresh = enabled && !before.state.enabled;
          entry.state = {
            ...before.state,
            enabled,
            offReason: null,
            failingSinceMs: fresh ? null : before.state.failingSinceMs,
          };
        }
        await put(entry, note, {
          action: "channel.update",
          before: shown(viewOf(before)),
          after: shown(viewOf(entry)),
        });
        return viewOf(entry);
      }),
    remove: (id, note) =>
      exclusive(async () => {
        const entry = need(id);
        if (entry.fixed) {
          throw new PerchError("conflict", "the environment sets this channel; unset it there");
        }
        const view = viewOf(entry);
        await db.write([
          ...store.remove(id, clock.now()),
          note({ action: "channel.delete", resource: `channel:${id}`, before: shown(view) }),
        ]);
        entries.delete(id);
        changed(id);
        return view;
      }),
    noted(id, outcome, tMs) {
      const entry = entries.get(id);
      if (entry === undefined) return { statements: [], done() {} };
      const state = stateAfter(entry.state, outcome, tMs);
      const gone = outcome.state === "gone";
      const statements = [gone ? store.putState(id, state) : store.putHealth(id, state)];
      if (gone) {
        statements.push(deps.events.statement({
          type: "channel.switched_off",
          subject: `channel:${id}`,
          severity: "warning",
          tMs,
          text: `The channel ${entry.row.name} was switched off: its receiver is no more`,
          actor: null,
          body: { channel: { id, kind: entry.row.kind, name: entry.row.name } },
          route: true,
        }));
      }
      return {
        statements,
        done() {
          const now = entries.get(id);
          if (now === undefined) return;
          // A person may have switched it off meanwhile: that stands.
          const { enabled, offReason } = gone ? state : now.state;
          entries.set(id, { ...now, state: { ...state, enabled, offReason } });
        },
      };
    },
    onChange: (listener) => void listeners.push(listener),
  };
}

/** How a channel is doing after a try. A message that was refused counts as failing until the next is taken. */
export function stateAfter(before: ChannelState, outcome: Outcome, tMs: number): ChannelState {
  const { answer, state } = outcome;
  const tried = { ...before, triedMs: tMs, answer };
  if (state === "delivered") return { ...tried, okMs: tMs, failingSinceMs: null };
  const failing = { ...tried, failingSinceMs: before.failingSinceMs ?? tMs };
  if (state !== "gone") return failing;
  return { ...failing, enabled: false, offReason: `the receiver answered: ${answer}` };
}

/** What the environment sets up: each with the options left empty, so that the environment stands in for them. */
function environmentRows(
  environment: ChannelEnvironment,
  kinds: readonly Channel[],
): ChannelRow[] {
  return kinds.filter((kind) => kind.inEnvironment?.(environment) ?? false).map((kind) => ({
    id: `env-${kind.kind}`,
    kind: kind.kind,
    name: `${kind.title} (environment)`,
    options: kind.options.parse({}) as Record<string, unknown>,
    secrets: "",
    subscription: null,
    createdMs: 0,
  }));
}
