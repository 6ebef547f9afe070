import type { Outcome, Packet, RawMessage } from "../../intake/intake.ts";

/*
 * DESIGN. A client acknowledges in the order in which it was sent (MQTT 5, 4.6), and a message in a codec is decided
 * on later than those behind it that needed none. So while a session has a message in a codec, each of its messages
 * is handed on with a `done` of its own: what is decided out of turn is held until its turn comes. A session
 * without one is passed by.
 */

interface Place {
  message: RawMessage;
  outcome: Outcome | null;
}

/** Keeps acknowledgements in the order of arrival, session by session. */
export class AckOrder {
  readonly #sessions = new Map<string, Place[]>();

  /** Nothing is out of turn. */
  get idle(): boolean {
    return this.#sessions.size === 0;
  }

  /** Whether a message has to keep to the order, because one before it is in a codec. */
  binds({ session }: Packet): boolean {
    return this.#sessions.has(session);
  }

  /** The message as it is to be handed on, behind those of its session that are not decided on. */
  enter(message: RawMessage, { session }: Packet): RawMessage {
    const place: Place = { message, outcome: null };
    const places = this.#sessions.get(session);
    if (places === undefined) this.#sessions.set(session, [place]);
    else places.push(place);
    return {
      source: message.source,
      topic: message.topic,
      payload: message.payload,
      packet: message.packet,
      retained: message.retained,
      done: (outcome) => {
        place.outcome = outcome;
        this.#settle(session);
      },
    };
  }

  /** Takes the last one back, which was not accepted. */
  leave({ session }: Packet): void {
    const places = this.#sessions.get(session)!;
    places.pop();
    if (places.length === 0) this.#sessions.delete(session);
  }

  #settle(session: string): void {
    const places = this.#sessions.get(session);
    if (places === undefined) return;
    let n = 0;
    while (n < places.length && places[n].outcome !== null) n++;
    const decided = places.splice(0, n);
    if (places.length === 0) this.#sessions.delete(session);
    for (const { message, outcome } of decided) message.done(outcome!);
  }
}
