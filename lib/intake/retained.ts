import type { Registry } from "../machines/registry.ts";
import type { Decoded, Draft, ReadingGroup } from "../readings/reading.ts";
import type { RawMessage } from "./intake.ts";
import type { OpenGroup } from "./open_group.ts";
import { payloadHash, type RetainedMarks } from "./retained_store.ts";

/** Tells new messages from those that a broker sends again because it has retained them. */
export class RetainedCheck {
  constructor(
    private readonly marks: RetainedMarks,
    private readonly registry: Pick<Registry, "isLast">,
  ) {}

  /**
   * Whether a retained message is a new one: neither that which was accepted before, nor, the first time that it
   * comes as a retained one, what its sensors report already. `wait`: that depends on a commit which may still
   * fail, of the readings `underWay`. One that is accepted is marked with the open group, by who understood it and
   * how much of it: a state that came before its device was announced is another one afterwards.
   */
  isNew(
    { topic, payload }: RawMessage,
    decoded: Decoded,
    nowMs: number,
    open: OpenGroup,
    underWay: Pick<ReadingGroup, "sensor"> | null,
  ): boolean | "wait" {
    const { drafts, by } = decoded;
    const hash = by === undefined
      ? payloadHash(payload)
      : `${payloadHash(payload)} ${by} ${drafts.length}`;
    if (this.marks.knows(topic, hash)) return false;
    let undecided = false;
    const lastOf = (num: number) => {
      undecided ||= underWay?.sensor.includes(num) ?? false;
      return open.readings.lastOf(num);
    };
    const news = drafts.filter((draft) => !this.#isPresent(draft, lastOf));
    const known = drafts.length > 0 && news.length === 0;
    if (undecided) return "wait";
    // Another entity was announced that reads the same message.
    if (by !== undefined) decoded.drafts = news;
    const statement = this.marks.statement(topic, hash, nowMs);
    if (statement !== null) {
      open.extra.push(statement);
      open.retained.push([topic, hash]);
    }
    return !known;
  }

  /** Whether a draft is its sensor's last reading again, as far as nothing else tells them apart. */
  #isPresent(draft: Draft, lastOf: (num: number) => number | undefined): boolean {
    return draft.tMs === undefined && draft.seq === undefined &&
      this.registry.isLast(draft, lastOf);
  }
}
