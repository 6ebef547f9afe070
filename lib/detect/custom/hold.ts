/** Why a detector is paused. */
export interface Pause {
  sinceMs: number;
  by: string;
  /** Readings for it since it stands still. */
  waiting?: number;
}

/** What a fault paused goes on with another text; what a person paused does not. */
const BY_FAULT = "fault:";

/** Whether somebody has paused a detector, and what has waited since it stands still. */
export class Hold {
  waiting = 0;
  #pause: Omit<Pause, "waiting"> | null = null;

  pause(by: string, sinceMs: number): void {
    this.#pause ??= { sinceMs, by };
  }

  resume(): void {
    this.#pause = null;
  }

  /** Its text was changed. */
  changed(): void {
    if (this.#pause?.by.startsWith(BY_FAULT)) this.#pause = null;
  }

  get paused(): Pause | null {
    return this.#pause === null ? null : { ...this.#pause, waiting: this.waiting };
  }
}
