import { once } from "node:events";
import { FrameFault } from "../framing/framer.ts";
import { type Refusal, refusalOf, whyUnreachable } from "./faults.ts";
import type { SessionEnd } from "./reconnecting.ts";
import type { Tap } from "./tap.ts";

const FAREWELL_MS = 2_000;

/** How one connection to a broker comes to its end: what is heard of why while it lasts, and how it leaves by itself. */
export class Ending {
  #answered = false;
  #refusal: Refusal | null = null;
  #why: string | null = null;

  /** A reason, as a part of a sentence; the first one counts. */
  because(why: string): void {
    this.#why ??= why;
  }

  /** A reason that explains those before. */
  rather(why: string): void {
    this.#why = why;
  }

  /** The connection broke, or what came on it was no MQTT. */
  broke(error: unknown): void {
    this.because(
      error instanceof FrameFault
        ? `it broke the protocol: ${error.message}`
        : whyUnreachable(error),
    );
  }

  /** The broker answered CONNECT. */
  connack(code: number): void {
    this.#answered = true;
    if (code === 0) return;
    this.#refusal = refusalOf(code);
    this.rather(this.#refusal.why);
  }

  /** The broker said goodbye. */
  disconnected(code: number): void {
    this.because(refusalOf(code).why);
  }

  /** Says goodbye for two seconds at most, and closes. @param ended resolves once the connection is closed */
  async leave(farewell: () => Promise<void>, tap: Tap, ended: Promise<unknown>): Promise<void> {
    await Promise.race([
      farewell().catch(() => {}),
      ended,
      once(AbortSignal.timeout(FAREWELL_MS), "abort"),
    ]);
    this.#why = null;
    tap.destroy();
    await ended;
  }

  end(asksAgain = false): SessionEnd {
    return {
      why: this.#why ?? "it closed the connection",
      versionRefused: this.#refusal?.version ?? false,
      unanswered: !this.#answered,
      asksAgain,
    };
  }
}
