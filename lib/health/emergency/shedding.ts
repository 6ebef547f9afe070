import { PerchError } from "../../base/errors.ts";

/**
 * What waits while the host is in need, in the order in which it is stopped; it goes on in the reverse order. What
 * a later room brings has its place here already. Readings and alarms are not in the list: nothing stops them.
 */
export const SHED_ORDER = {
  ai: "AI analyses",
  cameras: "camera pictures",
  reports: "reports, exports, imports",
  backtests: "backtests",
  training: "training of models",
  photos: "new photos of machines",
  attachments: "new attachments",
  backups: "backups",
} as const;
export type ShedName = keyof typeof SHED_ORDER;

/** What people notice who work at that moment; a short burst of the processor does not stop it. */
export const SHED_LAST: ReadonlySet<ShedName> = new Set(["photos", "attachments", "backups"]);

const NAMES = Object.keys(SHED_ORDER) as ShedName[];
const RETRY_S = 60;

/** Work that can wait. */
export interface Sheddable {
  name: ShedName;
  /** Stops what is under way; what is asked for from now on waits or is refused (`refusal`). */
  shed?(): void | Promise<void>;
  restore?(): void | Promise<void>;
}

export interface Shedding {
  /** Once by each room that has such work. */
  register(one: Sheddable): void;
  /** What is registered, in the order of `SHED_ORDER`. */
  all(): Sheddable[];
  set(name: ShedName, isShed: boolean): void;
  isShed(name: ShedName): boolean;
  /** What waits now, in words. */
  waiting(): string[];
  /** For what is asked for meanwhile: 503 with a time to try again. Null: it is done as ever. */
  refusal(name: ShedName): PerchError | null;
}

export function createShedding(): Shedding {
  const registered = new Map<ShedName, Sheddable>();
  const shed = new Set<ShedName>();
  return {
    register: (one) => void registered.set(one.name, one),
    all: () => NAMES.flatMap((name) => registered.get(name) ?? []),
    set: (name, isShed) => void (isShed ? shed.add(name) : shed.delete(name)),
    isShed: (name) => shed.has(name),
    waiting: () => NAMES.filter((name) => shed.has(name)).map((name) => SHED_ORDER[name]),
    refusal(name) {
      if (!shed.has(name)) return null;
      const words = SHED_ORDER[name];
      return new PerchError(
        "busy",
        `${words[0].toUpperCase()}${
          words.slice(1)
        } wait, because the host that Perch runs on is in ` +
          "need; readings and alarms go on. See the page of the host, and try again later.",
        { retryAfterS: RETRY_S },
      );
    },
  };
}
