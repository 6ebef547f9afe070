import type { Intake, Outcome } from "../../intake/intake.ts";
import { messagesFor, type Ready } from "./item.ts";

/** Values of one codec that the intake has at a time and has not decided on. */
const VALUES_MOST = 2_000;

/** Hands what a codec decoded to the intake: in order, and not so much at a time that others wait for it. */
export class Handing {
  /** What it decoded since the start, and how many values that gave. */
  readonly handed = { messages: 0, values: 0 };
  #values = 0;
  #refused = false;
  #changed: (() => void) | null = null;

  constructor(
    private readonly codec: string,
    private readonly intake: Pick<Intake, "offer">,
    private readonly signal: AbortSignal,
  ) {}

  /** The intake takes nothing at the moment. */
  get isRefused(): boolean {
    return this.#refused;
  }

  /** There may be room in the intake, or it is over. */
  tryAgain(): void {
    this.#changed?.();
  }

  /** Resolves when the intake has it; earlier when it is over. */
  async offer(ready: Ready): Promise<void> {
    const { signal, intake } = this;
    const messages = messagesFor(this.codec, ready);
    const { decoded } = ready;
    if (decoded !== null && (decoded.drafts.length > 0 || decoded.rejects.length === 0)) {
      this.handed.messages++;
      this.handed.values += decoded.drafts.length;
    }
    // Parts of a large one go one by one, each with the commit after the one before.
    const most = messages.length > 1 ? 0 : VALUES_MOST;
    for (const message of messages) {
      const n = message.decoded?.drafts.length ?? 0;
      const done = (outcome: Outcome) => {
        this.#values -= n;
        this.#changed?.();
        message.done(outcome);
      };
      while (!signal.aborted && this.#values > 0 && this.#values + n > most) await this.#change();
      while (!signal.aborted && !intake.offer({ ...message, done })) {
        this.#refused = true;
        await this.#change();
      }
      this.#refused = false;
      this.#values += n;
    }
  }

  async #change(): Promise<void> {
    await new Promise<void>((resolve) => this.#changed = resolve);
    this.#changed = null;
  }
}
