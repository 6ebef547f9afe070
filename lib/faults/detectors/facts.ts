/** What fault detectors are shown of Perch: a plain snapshot, as JSON. */
export interface Facts {
  /** The time of now. */
  t_ms: number;
  components: { name: string; health: "ok" | "degraded" | "error" | "off"; detail: string }[];
  tasks: { name: string; state: string; restarts: number }[];
  /** Counts since the start, what waits, and readings per second. */
  readings: {
    stored: number;
    duplicate: number;
    messages: number;
    rejected: number;
    queued: number;
    per_s: number;
  };
  /**
   * By the names of `/api/metrics/performance` (`temperature` in °C; `cpu`, `memory`, `disk` in percent of what there is); null:
   * not measured.
   */
  host: Record<string, number | null>;
  /** Events of the last ten minutes. */
  events: { warning: number; critical: number };
}
