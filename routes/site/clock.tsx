import type { VNode } from "preact";
import { Post } from "../frame/parts.tsx";
import type { ClockState } from "../../lib/base/steady_clock.ts";
import { dateTime, DAY_MS, duration } from "../../lib/words/times.ts";
import { FormError } from "../frame/form.tsx";

const DOUBTS = {
  implausible: "That cannot be right.",
  behind: "That is far behind what it said before.",
  ahead: "That is more than a year ahead of what it said before.",
};

/** What is wrong with the host's clock, and for admins the button that says that nothing is. */
export function ClockCard(
  { state, zone, mayConfirm, error }: {
    state: ClockState;
    zone: string;
    mayConfirm: boolean;
    error?: string;
  },
): VNode | null {
  const { doubt, hostMs, nowMs, waitingMs, unsynchronised } = state;
  const isWell = doubt === null && waitingMs <= DAY_MS;
  if (isWell && unsynchronised) {
    return (
      <section class="card" aria-labelledby="clock">
        <h2 id="clock">The clock of this host</h2>
        <p>
          It says{" "}
          {dateTime(hostMs, zone)}, and no time server has set it since the host started. Readings
          that come without a time are marked, and get their right time once it is set.
        </p>
      </section>
    );
  }
  if (isWell && error === undefined) return null;
  return (
    <section class="card" aria-labelledby="clock">
      <h2 id="clock">The clock of this host</h2>
      <p>
        It says {dateTime(hostMs, zone)}. {doubt === null
          ? `That is ${
            duration(waitingMs)
          } ahead of the time that passed while Perch ran. Deletion ` +
            "by age is paused and catches up one day per day."
          : `${DOUBTS[doubt]} Perch goes on from ${
            dateTime(nowMs, zone)
          } and marks readings that ` +
            "come without a time."}
      </p>
      <FormError>{error}</FormError>
      {mayConfirm && (
        <Post
          action="/sources/clock"
          about={
            <p class="muted">
              After a long time switched off the clock may well be right. Confirming it deletes
              everything past its retention period.
            </p>
          }
        >
          This clock is right
        </Post>
      )}
    </section>
  );
}
