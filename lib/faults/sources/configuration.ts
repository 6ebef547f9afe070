import type { FaultSource } from "../fault.ts";

/** What was set and is not in force. */
export function configurationSource(
  { unusedSettings }: { unusedSettings: () => readonly string[] },
): FaultSource {
  return {
    name: "configuration",
    look: () =>
      unusedSettings().map((key) => ({
        cause: `setting:${key}`,
        component: "settings",
        type: "setting_unused",
        severity: "medium" as const,
        message:
          `The stored value of the setting ${key} is not used, because it does not fit any ` +
          "more; its default is in force. Set it again",
      })),
  };
}
