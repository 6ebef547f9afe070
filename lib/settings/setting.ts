import { z } from "zod";

/** Who may see or change a setting: the role and those above it. */
export type SettingRole = "viewer" | "engineer" | "admin";

/** One setting, described once: validation, API, command line, help and form derive from it. */
export interface SettingDefinition<T = unknown> {
  category: string;
  title: string;
  help: string;
  schema: z.ZodType<T>;
  /** What is wrong with a value beside those of other settings; null: nothing. Names the field and what to do. */
  beside?: (value: T, get: (key: string) => unknown) => string | null;
  default: T;
  /** Shown beside the value: `days`, `MB`, `per minute`. */
  unit?: string;
  /** Can be written and never read again. */
  secret?: boolean;
  /** Takes effect at the next start. */
  restart?: boolean;
  see: SettingRole;
  change: SettingRole;
}

/** Types a definition from its schema. */
export function setting<T>(definition: SettingDefinition<T>): SettingDefinition<T> {
  return definition;
}

/** A whole number within a range. */
export const whole = (least: number, most: number) => z.int().min(least).max(most);
/** Seen and changed by admins alone. */
export const adminOnly = { see: "admin", change: "admin" } as const;

/** The names of a text that lists them, with commas between them. */
export function namesOf(text: string): string[] {
  return text.split(",").map((name) => name.trim()).filter((name) => name !== "");
}
/** A setting as API and form show it. */
export interface SettingView {
  key: string;
  category: string;
  title: string;
  help: string;
  unit: string | null;
  /** JSON Schema of the value. */
  schema: unknown;
  secret: boolean;
  /** Takes effect at the next start. */
  restart: boolean;
  /** Role that may change it. */
  change: SettingRole;
  /** Null for secrets, set or not. */
  value: unknown;
  default: unknown;
  /** False: the default holds. */
  changed: boolean;
  changedMs: number | null;
  changedBy: string | null;
}
