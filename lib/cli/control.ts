import type { DeadLetter } from "../intake/dead_letter.ts";
import type { ReplayOutcome } from "../intake/replay.ts";

/**
 * What the command line asks of Perch: of the running one through the control socket, else of one that is
 * opened on the database for the length of a command. Both sides are this interface.
 */
export interface Control {
  /** @throws PerchError `validation`, `conflict` */
  addUser(user: { email: string; role: string; password: string }): Promise<UserAdded>;
  /**
   * Sets a person's password, turns their second factor off and ends their sign-ins.
   * @throws PerchError `not_found`, `validation`
   */
  resetUser(user: { email: string; password: string }): Promise<UserAdded>;
  /** @throws PerchError `validation`, `conflict` */
  addKey(key: { name: string; role: string; machine?: string }): Promise<KeyAdded>;
  /** Offers each letter again, in order. At most `MOST_LETTERS`. */
  replay(letters: readonly DeadLetter[]): Promise<ReplayOutcome[]>;
  /** Problems that SQLite's quick_check finds; empty when the database is sound. */
  checkDatabase(): Promise<string[]>;
}

export interface UserAdded {
  id: string;
  email: string;
  role: string;
}
export interface KeyAdded {
  id: string;
  name: string;
  role: string;
  /** Shown once, kept nowhere. */
  key: string;
}

/** Letters per call, so that one request stays small. */
export const MOST_LETTERS = 100;
