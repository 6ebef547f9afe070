export type FeedFault =
  /** A program is missing or too old. */
  | "program"
  /** The device or file is not there. */
  | "missing"
  /** Nobody answers at the address, or no longer. */
  | "unreachable"
  /** An admin has to allow the address. */
  | "not_allowed"
  /** User name or password. */
  | "sign_in"
  /** It answers, and not with pictures: a page, a redirect, too much without a picture. */
  | "no_picture";

/** Why there are no pictures: a sentence that says what to do, without secrets. */
export class FeedError extends Error {
  override readonly name = "FeedError";
  constructor(readonly fault: FeedFault, message: string, options?: ErrorOptions) {
    super(message, options);
  }
}
