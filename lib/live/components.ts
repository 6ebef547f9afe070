/** How a part of Perch is doing. */
export const COMPONENT_HEALTH = ["ok", "degraded", "error", "off"] as const;
export type ComponentHealth = typeof COMPONENT_HEALTH[number];

export interface ComponentState {
  name: string;
  health: ComponentHealth;
  /** A sentence for people. */
  detail: string;
}

export const OVERALL = ["Healthy", "Degraded", "Partial", "Error"] as const;
export type Overall = typeof OVERALL[number];

/** The one list of parts and their states; pages, `/api/status`, health and metrics read it. */
export interface Components {
  /** `state` is asked when someone looks; it must be cheap and must not throw. */
  register(name: string, state: () => Omit<ComponentState, "name">): void;
  all(): ComponentState[];
  overall(): Overall;
}

/** `critical` parts (storage, intake) make the whole an Error when they fail; others make it Partial. */
export function createComponents(critical: readonly string[]): Components {
  const parts = new Map<string, () => Omit<ComponentState, "name">>();
  const all = () => [...parts].map(([name, state]) => ({ name, ...state() }));
  return {
    register: (name, state) => void parts.set(name, state),
    all,
    overall() {
      const states = all();
      const failed = states.filter((s) => s.health === "error");
      if (failed.some((s) => critical.includes(s.name))) return "Error";
      if (failed.length > 0) return "Partial";
      return states.some((s) => s.health === "degraded") ? "Degraded" : "Healthy";
    },
  };
}
