/** Where the system bus listens on every Linux with systemd (D-Bus specification, "System message bus"). */
export const SYSTEM_BUS = "unix:path=/run/dbus/system_bus_socket";

/** How a unit is, in systemd's own words (`systemctl show`). */
export interface UnitState {
  /** `nginx.service`. */
  name: string;
  description: string;
  /** `loaded`, `not-found`, `masked`, `error` … */
  load: string;
  /** `active`, `inactive`, `failed`, `activating`, `deactivating`, `reloading`. */
  active: string;
  /** `running`, `dead`, `exited`, `auto-restart` … */
  sub: string;
}

/**
 * What Perch asks of the manager of its host. Every call connects, asks and disconnects, with one deadline for all of it.
 * @throws PerchError `unavailable` with a sentence: no systemd here, no answer in time, or refused and what to do
 */
export interface SystemManager {
  /** The unit that Perch runs as; null: it was started by hand. */
  ownUnit(): Promise<string | null>;
  /** In the order of `names`. A unit that does not exist is `not-found`. */
  unitStates(names: readonly string[]): Promise<UnitState[]>;
  /** Resolves when the manager has taken the order, not when the unit runs. @throws PerchError `not_found` too */
  restartUnit(name: string): Promise<void>;
  /** Resolves when the host has begun to go down. */
  reboot(): Promise<void>;
}
