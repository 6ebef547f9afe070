import { messageOf } from "../../base/errors.ts";
import { OutgoingError } from "../../base/outgoing.ts";
import { PollError, type PollFault } from "./kinds/kind.ts";

const OUTGOING: Readonly<Record<OutgoingError["fault"], PollFault>> = {
  invalid: "forbidden",
  forbidden: "forbidden",
  unreachable: "unreachable",
  timeout: "timeout",
  tls: "tls",
};
const REFUSED = /ECONNREFUSED|connection refused/i;
const MESSAGE_CHARS_MOST = 300;

/** Anything that an asking threw, as why there was no answer. */
export function pollErrorOf(error: unknown): PollError {
  if (error instanceof PollError) return error;
  if (error instanceof OutgoingError) {
    const isRefused = error.fault === "unreachable" && REFUSED.test(error.message);
    return new PollError(isRefused ? "refused" : OUTGOING[error.fault], short(error.message));
  }
  return new PollError(
    REFUSED.test(messageOf(error)) ? "refused" : "protocol",
    short(messageOf(error)),
  );
}

const short = (text: string) => text.slice(0, MESSAGE_CHARS_MOST).toWellFormed().replace(/\.$/, "");
