import { z } from "zod";
import type { Sealer } from "./sealed.ts";

/** One option of a channel or a camera as the form and the API describe it. */
export interface OptionField {
  name: string;
  title: string;
  help: string;
  /** Write-only. */
  secret: boolean;
  required: boolean;
  /** JSON Schema of the value. */
  schema: Record<string, unknown>;
  default: unknown;
}

/** Shown instead of a secret that is set; sent back, it means "as it was". */
export const HIDDEN = "***";

/** Options in the order of its schema. */
export function optionFields(options: z.ZodObject): OptionField[] {
  const { properties = {}, required = [] } = z.toJSONSchema(options, { io: "input" });
  return Object.entries(properties).map(([name, property]) => {
    const { title, description, secret, default: preset, ...schema } = property as Record<
      string,
      unknown
    >;
    return {
      name,
      title: String(title ?? name),
      help: String(description ?? ""),
      secret: secret === true,
      required: required.includes(name),
      schema,
      default: preset ?? null,
    };
  });
}

export function secretNames(options: z.ZodObject): string[] {
  return optionFields(options).filter((field) => field.secret).map((field) => field.name);
}

/** Stored options as they may be shown. */
export function hideSecrets(
  options: z.ZodObject,
  stored: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const secrets = new Set(secretNames(options));
  return Object.fromEntries(
    Object.entries(stored).map(([name, value]) => [
      name,
      secrets.has(name) && value !== undefined && value !== null && value !== "" ? HIDDEN : value,
    ]),
  );
}

/** What was sent, with secrets that were shown as hidden or left out taken from what is stored. */
export function keepSecrets(
  options: z.ZodObject,
  sent: Readonly<Record<string, unknown>>,
  stored: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const out = { ...sent };
  for (const name of secretNames(options)) {
    if (out[name] !== undefined && out[name] !== HIDDEN) continue;
    if (stored[name] === undefined) delete out[name];
    else out[name] = stored[name];
  }
  return out;
}

/** Options as they are stored. */
export interface SealedOptions {
  /** Without secrets. */
  options: Record<string, unknown>;
  /** The secret ones, encrypted. */
  secrets: string;
}

/** Takes the secrets apart and encrypts them; they open for the same `about` only. */
export async function sealOptions(
  schema: z.ZodObject,
  options: Readonly<Record<string, unknown>>,
  sealer: Sealer,
  about: string,
): Promise<SealedOptions> {
  const secret = new Set(secretNames(schema));
  const part = (want: boolean) =>
    Object.fromEntries(Object.entries(options).filter(([name]) => secret.has(name) === want));
  return { options: part(false), secrets: await sealer.seal(JSON.stringify(part(true)), about) };
}

/** Options with their secrets. @throws PerchError `unavailable` when they cannot be read */
export async function openOptions(
  { options, secrets }: SealedOptions,
  sealer: Sealer,
  about: string,
): Promise<Record<string, unknown>> {
  return { ...options, ...JSON.parse(await sealer.open(secrets, about)) };
}
