/**
 * The channels of this site. One idea, so one file: the contract and the one list that answers it. Options are in
 * `channel_options.ts`, what the environment sets in `environment_channels.ts`.
 */
import type { Clock } from "../base/clock.ts";
import { PerchError } from "../base/errors.ts";
import { randomId } from "../base/ids.ts";
import type { Log } from "../base/log.ts";
import type { Database, SqlStatement } from "../db/client.ts";
import type { EventLog } from "../events/events_store.ts";
import type { AuditChange, Audited } from "../events/audit_change.ts";
import { createTurns } from "../base/turns.ts";
import type { Channel, Outcome } from "./channel.ts";
import { type ChannelOptionsDeps, createChannelOptions } from "./channel_options.ts";
import { stateAfter, switchedTo } from "./channel_state.ts";
import type { ChannelView } from "./channel_view.ts";
import { environmentRows } from "./environment_channels.ts";
import {
  type ChannelRow,
  type ChannelState,
  createChannelsStore,
  NEW_STATE,
} from "./channels_store.ts";
import { hideSecrets, keepSecrets } from "../base/options.ts";
import type { RoutedChannel, Subscription } from "./routed.ts";

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

/** The channels of this site, those of the environment first; in memory, where a change counts once it is written. */
export interface ChannelList {
  load(): Promise<void>;
  all(): ChannelView[];
  /** @throws `not_found` */
  find(id: string): ChannelView;
  kindOf(id: string): Channel | null;
  /** What the form of a new one of this kind begins with. */
  startOf(kind: string): Readonly<Record<string, unknown>>;
  /** With secrets, for the one call that sends. @throws PerchError when they cannot be read */
  optionsOf(id: string): Record<string, unknown>;
  routed(): RoutedChannel[];
  /** @throws `validation`; `conflict` when the name is taken */
  add(given: NewChannel, audited: Audited): Promise<ChannelView>;
  /** @throws `not_found`, `validation`, `conflict` */
  change(id: string, patch: ChannelPatch, audited: Audited): Promise<ChannelView>;
  /** What still waits for it is cancelled. @throws `not_found`, `conflict` */
  remove(id: string, audited: Audited): Promise<ChannelView>;
  /** Keeps how a try ended. */
  noted(id: string, outcome: Outcome, tMs: number): { statements: SqlStatement[]; done(): void };
  /** Called with the id after each change. */
  onChange(listener: (id: string) => void): void;
}

export interface ChannelListDeps extends ChannelOptionsDeps {
  db: Database;
  clock: Clock;
  log: Log;
  kinds: readonly Channel[];
  events: Pick<EventLog, "statement">;
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
  const { db, clock, kinds } = deps;
  const store = createChannelsStore(db);
  const entries = new Map<string, Entry>();
  const listeners: ((id: string) => void)[] = [];
  const setup = createChannelOptions(deps);
  const oneAtATime = createTurns();

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

  /**
   * Writes a change, then takes it over. How the channel is doing is the sender's, which notes it meanwhile: of the
   * state only what a person changed is written (`switched`; undefined: nothing).
   */
  async function put(
    { row, ...entry }: Entry,
    switched: Partial<ChannelState> | undefined,
    audited: Audited,
    change: Omit<AuditChange, "resource">,
  ): Promise<Entry> {
    const { id } = row;
    await db.write([
      ...(entry.fixed ? [] : [store.put(row)]),
      ...(switched === undefined ? [] : [store.putSwitch(id, { ...NEW_STATE, ...switched })]),
      audited({ ...change, resource: `channel:${id}` }),
    ]);
    const state = { ...entries.get(id)?.state ?? NEW_STATE, ...switched };
    const after = { ...entry, row, state };
    entries.set(id, after);
    changed(id);
    return after;
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
          entry.options = await setup.open(row);
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
    startOf: (kind) => kindNamed(kind)?.start?.(deps.environment) ?? {},
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
          ownDevices: kind?.ownDevices ?? false,
          toPersons: (kind?.toPersons ?? false) &&
            (kind?.fault?.(options ?? row.options, deps.environment) ?? null) === null,
          subscription: row.subscription,
        };
      }),
    add: (given, audited) =>
      oneAtATime(async () => {
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
        const options = await setup.parse(kind, kind.prepare?.(given.options) ?? given.options);
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
          row: await setup.seal(row, kind, options),
          options,
          fault: null,
          state: NEW_STATE,
          fixed: false,
        };
        const view = viewOf(entry);
        await put(entry, NEW_STATE, audited, { action: "channel.create", after: shown(view) });
        return view;
      }),
    change: (id, patch, audited) =>
      oneAtATime(async () => {
        const before = need(id);
        const { name, options, subscription } = patch;
        if (before.fixed && [name, options, subscription].some((one) => one !== undefined)) {
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
          entry.options = await setup.parse(kind, keepSecrets(kind.options, patch.options, stored));
          entry.row = await setup.seal(entry.row, kind, entry.options);
          entry.fault = null;
        }
        const switched = patch.enabled === undefined
          ? undefined
          : switchedTo(patch.enabled, entries.get(id)!.state);
        entry.state = { ...entries.get(id)!.state, ...switched };
        const after = await put(entry, switched, audited, {
          action: "channel.update",
          before: shown(viewOf(before)),
          after: shown(viewOf(entry)),
        });
        return viewOf(after);
      }),
    remove: (id, audited) =>
      oneAtATime(async () => {
        const entry = need(id);
        if (entry.fixed) {
          throw new PerchError("conflict", "the environment sets this channel; unset it there");
        }
        const view = viewOf(entry);
        await db.write([
          ...store.remove(id, clock.now()),
          audited({ action: "channel.delete", resource: `channel:${id}`, before: shown(view) }),
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
          text: `The channel ${entry.row.name} was switched off: its receiver no longer exists`,
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
