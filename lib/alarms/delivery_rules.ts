/** Rules about deliveries, and about other programs that report what they queue and deliver. */
import { above, each, percent, type SystemRule } from "./judgement.ts";

const QUEUE_MOST = 50;
const FAILED_MOST = 10;
const TRIES_LEAST = 10;
const SUCCESS_LEAST = 0.8;

/** A program is wrong above a limit of its own numbers. */
function programsAbove(
  number: "queue" | "failed",
  limit: number,
  text: (value: number, name: string) => string,
): SystemRule["judge"] {
  return ({ programs }) =>
    each(programs, (program) => {
      const value = program[number];
      if (value === null || value <= limit) return null;
      return { severity: "warning", text: text(value, program.name), value, limit };
    });
}

export const DELIVERY_RULES: readonly SystemRule[] = [
  {
    key: "outbox-queue",
    title: "Deliveries wait",
    judge: ({ outboxQueued }) =>
      above(
        outboxQueued,
        QUEUE_MOST,
        "warning",
        (n) => `${n} deliveries wait to be sent, more than ${QUEUE_MOST}`,
      ),
  },
  {
    key: "deliveries-failed",
    title: "Deliveries failed",
    judge: ({ deliveriesFailed }) =>
      above(
        deliveriesFailed,
        FAILED_MOST,
        "warning",
        (n) => `${n} deliveries could not be sent and were given up`,
      ),
  },
  {
    key: "delivery-success",
    title: "Deliveries succeed too rarely",
    judge({ deliveryTries }) {
      if (deliveryTries === null) return null;
      const { tries, successes } = deliveryTries;
      if (tries <= TRIES_LEAST) return "well";
      const share = successes / tries;
      if (share >= SUCCESS_LEAST) return "well";
      return {
        severity: "warning",
        text: `only ${percent(share)} of ${tries} tries to deliver in the last hour succeeded`,
        value: share,
        limit: SUCCESS_LEAST,
      };
    },
  },
  {
    key: "program-state",
    title: "Another program does not work",
    judge: ({ programs }) =>
      each(programs, ({ name, state, detail }) => {
        if (state !== "error" && state !== "offline") return null;
        const what = state === "error" ? "reports an error" : "is offline";
        const why = detail === "" ? "" : `: ${detail.slice(0, 200).toWellFormed()}`;
        return { severity: "warning", text: `${name} ${what}${why}`, value: null, limit: null };
      }),
  },
  {
    key: "program-queue",
    title: "Too much waits at another program",
    judge: programsAbove(
      "queue",
      QUEUE_MOST,
      (n, name) => `${n} wait at ${name}, more than ${QUEUE_MOST}`,
    ),
  },
  {
    key: "program-failed",
    title: "Another program gave up too often",
    judge: programsAbove(
      "failed",
      FAILED_MOST,
      (n, name) => `${n} failed at ${name} and were given up, more than ${FAILED_MOST}`,
    ),
  },
  {
    key: "program-success",
    title: "Another program succeeds too rarely",
    judge: ({ programs }) =>
      each(programs, ({ name, tries, successes }) => {
        if (tries === null || successes === null || tries <= TRIES_LEAST) return null;
        const share = successes / tries;
        if (share >= SUCCESS_LEAST) return null;
        return {
          severity: "warning",
          text: `only ${percent(share)} of ${tries} tries of ${name} succeeded`,
          value: share,
          limit: SUCCESS_LEAST,
        };
      }),
  },
];
