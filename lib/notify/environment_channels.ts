import type { Channel, ChannelEnvironment } from "./channel.ts";
import type { ChannelRow } from "./channels_store.ts";

/** What the environment sets up: each with the options left empty, so that the environment stands in for them. */
export function environmentRows(
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
