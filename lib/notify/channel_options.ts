/** Options of a channel: validated before they are stored, their secrets encrypted. */
import { PerchError } from "../base/errors.ts";
import { parseFields } from "../base/field_words.ts";
import type { Channel, ChannelEnvironment } from "./channel.ts";
import type { ChannelRow } from "./channels_store.ts";
import { openOptions, sealOptions } from "../base/options.ts";
import type { Sealer } from "../base/sealed.ts";

export interface ChannelOptions {
  /** @throws PerchError `validation` naming the option */
  parse(kind: Channel, options: Record<string, unknown>): Promise<Record<string, unknown>>;
  /** The row with these options, secrets apart. */
  seal(
    row: ChannelRow,
    kind: Channel,
    options: Record<string, unknown>,
  ): Promise<ChannelRow>;
  /** With secrets. @throws PerchError when they cannot be read */
  open(row: ChannelRow): Promise<Record<string, unknown>>;
}

export interface ChannelOptionsDeps {
  environment: ChannelEnvironment;
  sealer: Sealer;
  /** Refuses an address in the options that cannot be used. @throws PerchError */
  check: (options: Readonly<Record<string, unknown>>) => Promise<void>;
}

export function createChannelOptions(deps: ChannelOptionsDeps): ChannelOptions {
  const { sealer } = deps;

  /** @throws PerchError `validation` naming the option */
  async function parse(kind: Channel, options: Record<string, unknown>) {
    const parsed: Record<string, unknown> = parseFields(kind.options.strict(), options, "options");
    const wrong = kind.refused?.(parsed) ?? kind.fault?.(parsed, deps.environment) ?? null;
    if (wrong !== null) {
      const path = `options.${wrong.path}`;
      throw new PerchError("validation", `${path}: ${wrong.message}`, {
        errors: [{ path, message: wrong.message }],
      });
    }
    await deps.check(parsed);
    return parsed;
  }

  async function seal(row: ChannelRow, kind: Channel, options: Record<string, unknown>) {
    return { ...row, ...await sealOptions(kind.options, options, sealer, row.id) };
  }

  return {
    parse,
    seal,
    open: (row) => openOptions(row, sealer, row.id),
  };
}
