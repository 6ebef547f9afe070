import type { DetectGroup } from "../runner/options.ts";

/** Groups that wait for a detector, at most so many readings of them. */
export class GroupQueue {
  /** Some are in the journal only. */
  behind = true;
  /** Last group that came in; 0: none has. */
  newest = 0;
  #groups: DetectGroup[] = [];
  #readings = 0;

  constructor(private readonly most: number) {}

  take(group: DetectGroup): void {
    this.newest = group.groupId;
    if (this.behind) return;
    this.#groups.push(group);
    this.#readings += group.n;
    if (this.#readings > this.most) this.fallBehind();
  }

  next(): DetectGroup | undefined {
    const group = this.#groups.shift();
    if (group !== undefined) this.#readings -= group.n;
    return group;
  }

  get size(): number {
    return this.#groups.length;
  }

  /** The journal has whatever comes. */
  fallBehind(): void {
    this.behind = true;
    this.#groups = [];
    this.#readings = 0;
  }

  /** What comes from now on is queued. */
  listen(): void {
    this.behind = false;
  }
}
