import { z } from "zod";
import type { Clock } from "../base/clock.ts";
import { type FieldError, PerchError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { Database, SqlStatement } from "../db/client.ts";
import { type SettingKey, SETTINGS, type SettingValue } from "./registry.ts";
import type { SettingDefinition, SettingRole, SettingView } from "./setting.ts";
import { createSettingsStore } from "./settings_store.ts";
import { allowedBy, type ValueSchema } from "./text.ts";

interface Change {
  value: unknown;
  changedMs: number;
  changedBy: string;
}

/** Settings in force. Kept in memory; a change is written first and then takes effect. */
export interface Settings {
  load(): Promise<void>;
  get<K extends SettingKey>(key: K): SettingValue<K>;
  /** What a role may see, in the order of the registry. */
  list(canSee: (least: SettingRole) => boolean): SettingView[];
  /** @throws `not_found` for an unknown key */
  view(key: string): SettingView;
  /**
   * Changes a setting; null puts the default back. `also` gives statements of the same transaction (the
   * audit row) from the value before and after; secrets appear there as `***`.
   * @throws `not_found`, `validation`
   */
  set(
    key: string,
    value: unknown,
    by: string,
    also: (before: unknown, after: unknown) => SqlStatement[],
  ): Promise<SettingView>;
  /**
   * Changes several in one transaction, all or none; they are judged beside each other. Errors name keys.
   * @throws `not_found`, `validation`
   */
  setAll(
    given: readonly SettingChange[],
    by: string,
    also: (key: string, before: unknown, after: unknown) => SqlStatement[],
  ): Promise<void>;
  /** Keys whose stored values are not used, because they do not fit any more. */
  unused(): string[];
  /** What is stored of such a key; undefined: what is stored is in force, or nothing is. */
  unusedValue(key: string): unknown;
  /** Called with the key after each change. Returns the function that ends it. */
  onChange(listener: (key: string) => void): () => void;
}

/** A setting and its new value; null: the default. */
export interface SettingChange {
  key: string;
  value: unknown;
}

const HIDDEN = "***";

export function createSettings(
  deps: {
    db: Database;
    clock: Clock;
    log: Log;
    /** Values that the environment gives: in force until somebody changes them here. */
    defaults?: Partial<{ [K in SettingKey]: SettingValue<K> }>;
    /** The registry; tests hand in their own. */
    definitions?: Record<string, SettingDefinition>;
  },
): Settings {
  const { clock, log } = deps;
  const store = createSettingsStore(deps.db);
  const definitions = new Map(
    Object.entries(deps.definitions ?? SETTINGS as Record<string, SettingDefinition>),
  );
  const defaults = (deps.defaults ?? {}) as Record<string, unknown>;
  const changes = new Map<string, Change>();
  const unused = new Map<string, unknown>();
  const listeners = new Set<(key: string) => void>();

  function need(key: string): SettingDefinition {
    const definition = definitions.get(key);
    if (!definition) throw new PerchError("not_found", `there is no setting "${key.slice(0, 80)}"`);
    return definition;
  }

  const defaultOf = (key: string, definition: SettingDefinition) =>
    defaults[key] ?? definition.default;
  const valueOf = (key: string, definition: SettingDefinition) =>
    changes.has(key) ? changes.get(key)!.value : defaultOf(key, definition);

  /** Values after a change, or what is wrong with them. */
  function judged(given: readonly SettingChange[]): {
    next: Map<string, unknown>;
    faults: Map<string, string>;
  } {
    const next = new Map<string, unknown>();
    const faults = new Map<string, string>();
    for (const { key, value } of given) {
      const definition = need(key);
      const result = value === null
        ? { value: defaultOf(key, definition) }
        : parse(key, definition, value);
      if ("fault" in result) faults.set(key, result.fault);
      else next.set(key, result.value);
    }
    const get = (key: string) => next.has(key) ? next.get(key) : valueOf(key, need(key));
    for (const [key, value] of next) {
      const wrong = need(key).beside?.(value, get);
      if (wrong) faults.set(key, `${key} is ${shortened(value)}: ${wrong}`);
    }
    return { next, faults };
  }

  /** Writes what was judged, and puts it in force. */
  async function write(
    given: readonly SettingChange[],
    next: ReadonlyMap<string, unknown>,
    by: string,
    also: (key: string, before: unknown, after: unknown) => SqlStatement[],
  ): Promise<void> {
    const changedMs = clock.now();
    await store.write(given.flatMap(({ key, value }) => {
      const definition = need(key);
      const shown = (v: unknown) => definition.secret ? HIDDEN : v;
      const after = next.get(key);
      return [
        value === null ? store.remove(key) : store.put(key, after, changedMs, by),
        ...also(key, shown(valueOf(key, definition)), shown(after)),
      ];
    }));
    for (const { key, value } of given) {
      if (value === null) changes.delete(key);
      else changes.set(key, { value: next.get(key), changedMs, changedBy: by });
      unused.delete(key);
    }
    for (const { key } of given) {
      for (const listener of listeners) listener(key);
    }
  }

  function view(key: string): SettingView {
    const definition = need(key);
    const { category, title, help, unit, change } = definition;
    const made = changes.get(key);
    const secret = definition.secret ?? false;
    return {
      key,
      category,
      title,
      help,
      unit: unit ?? null,
      schema: schemaOf(definition),
      secret,
      restart: definition.restart ?? false,
      change,
      value: secret ? null : valueOf(key, definition),
      default: secret ? null : defaultOf(key, definition),
      changed: made !== undefined,
      changedMs: made?.changedMs ?? null,
      changedBy: made?.changedBy ?? null,
    };
  }

  return {
    async load() {
      changes.clear();
      unused.clear();
      for (const { key, value, changedMs, changedBy } of await store.all()) {
        const definition = definitions.get(key);
        const parsed = definition?.schema.safeParse(value);
        // A value of another version that no longer fits must not stop the start.
        if (parsed?.success) changes.set(key, { value: parsed.data, changedMs, changedBy });
        else {
          if (definition !== undefined) unused.set(key, value);
          log.warn(`the stored setting ${key} is not used: unknown or out of range`);
        }
      }
    },
    get: (key) => valueOf(key, need(key)) as SettingValue<typeof key>,
    list: (canSee) =>
      [...definitions].filter(([, definition]) => canSee(definition.see)).map(([key]) => view(key)),
    view,
    async set(key, value, by, also) {
      const given = [{ key, value }];
      const { next, faults } = judged(given);
      refuse([...faults.values()].map((message) => ({ path: "value", message })));
      await write(given, next, by, (_, before, after) => also(before, after));
      return view(key);
    },
    async setAll(given, by, also) {
      const { next, faults } = judged(given);
      refuse([...faults].map(([path, message]) => ({ path, message })));
      if (given.length > 0) await write(given, next, by, also);
    },
    unused: () => [...unused.keys()],
    unusedValue: (key) => unused.get(key),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function refuse(errors: FieldError[]): void {
  if (errors.length > 0) throw new PerchError("validation", errors[0].message, { errors });
}

function parse(
  key: string,
  definition: SettingDefinition,
  value: unknown,
): { value: unknown } | { fault: string } {
  const result = definition.schema.safeParse(value);
  if (result.success) return { value: result.data };
  const [issue] = result.error.issues;
  const given = definition.secret ? "not allowed" : shortened(value);
  return {
    fault: issue.code === "custom" || issue.code === "invalid_format"
      ? `${key}: ${issue.message}`
      : `${key} is ${given}: give ${allowedBy(schemaOf(definition) as ValueSchema)}`,
  };
}

function shortened(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= 80 ? text : `${text.slice(0, 80)}…`;
}

function schemaOf(definition: SettingDefinition): unknown {
  const { $schema: _, ...schema } = z.toJSONSchema(definition.schema) as Record<string, unknown>;
  return schema;
}
