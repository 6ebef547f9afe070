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

/** What the system says, in words. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/^.*\bconnect ECONNREFUSED (\S+)$/, "Nobody listens at $1"],
  [/^.*\bconnect (?:EHOSTUNREACH|ENETUNREACH) (\S+?)(?: - .*)?$/, "There is no way to $1"],
  [/^(.*?): (?:read )?ECONNRESET$/, "$1 broke the connection"],
];

/** Anything that an asking threw, as why there was no answer. */
export function pollErrorOf(error: unknown): PollError {
  if (error instanceof PollError) return error;
  const message = messageOf(error);
  const said = WORDS.reduce((text, [pattern, words]) => text.replace(pattern, words), message);
  const isRefused = REFUSED.test(message);
  if (error instanceof OutgoingError) {
    if (error.toAllow !== null) return unallowed(error.toAllow);
    const isOther = error.fault !== "unreachable" || !isRefused;
    return new PollError(isOther ? OUTGOING[error.fault] : "refused", short(said));
  }
  return new PollError(isRefused ? "refused" : "protocol", short(said));
}

const unallowed = (address: string) =>
  new PollError(
    "unallowed",
    `${shownAddress(address)} is in the local network, and no admin has allowed it yet`,
  );

/** An address to allow as people read it: a ping has no port. */
export const shownAddress = (address: string) => address.replace(/^\[?(.*?)\]?:0$/, "a ping of $1");

const short = (text: string) => text.slice(0, MESSAGE_CHARS_MOST).toWellFormed().replace(/\.$/, "");
