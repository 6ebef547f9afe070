import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect } from "preact/hooks";
import type { AttentionCard } from "../lib/live/shapes.ts";
import { onAlarm, onReset, serverNow, status } from "./live.ts";
import { SensorRow } from "./sensor_row.tsx";
import { Since, StatusNow, StatusWord } from "./status_word.tsx";
import { fetchOwn } from "./own.ts";

export interface AttentionProps {
  cards: AttentionCard[];
  /** Machines that need attention and have no card. */
  more: number;
  mayAct: boolean;
  nowMs: number;
  zone: string;
}

/** A stream of changes asks once. */
const ASK_AFTER_MS = 500;

/** Its sensors are normal, and an alarm is open. */
const isOfAlarm = ({ status, text }: AttentionCard) => text !== status;

/** The machines that need attention, the worst first; asks anew when the status of a machine changes. */
export function Attention(props: AttentionProps): VNode {
  const shown = useSignal({ cards: props.cards, more: props.more, nowMs: props.nowMs });
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = () => {
      timer ??= setTimeout(async () => {
        timer = undefined;
        // The stream notices an outage, and the page says so.
        const answer = await fetchOwn("/api/attention").catch(() => null);
        if (answer?.ok) shown.value = { ...await answer.json(), nowMs: serverNow() };
      }, ASK_AFTER_MS);
    };
    const stops = [
      onReset(ask),
      onAlarm(({ transition }) => transition !== "updated" && ask()),
      status.subscribe((next) => {
        if (next?.changes.some((change) => "machine" in change)) ask();
      }),
    ];
    return () => {
      clearTimeout(timer);
      for (const stop of stops) stop();
    };
  }, []);
  const { cards, more, nowMs } = shown.value;
  return (
    <div class="attention-cards">
      {cards.map((card) => (
        <section
          key={card.machine}
          class={`card attention is-${card.status}`}
          aria-label={`Attention: ${card.title}`}
        >
          <h2>
            <a href={card.href}>{card.title}</a> {isOfAlarm(card)
              ? (
                <>
                  <StatusWord status={card.status} text={card.text} />
                  <Since sinceMs={card.since_ms} nowMs={nowMs} zone={props.zone} />
                </>
              )
              : (
                <StatusNow
                  // Another state is another card: what the stream reported of the old one no longer applies.
                  key={`${card.status} ${card.since_ms}`}
                  kind="machine"
                  name={card.machine}
                  status={card.status}
                  sinceMs={card.since_ms}
                  since
                  nowMs={nowMs}
                  zone={props.zone}
                />
              )}
          </h2>
          {isOfAlarm(card) && card.alarm !== null && <p>{card.alarm.title}</p>}
          {card.rows.map((row) => (
            <SensorRow key={row.id} {...row} nowMs={nowMs} zone={props.zone} />
          ))}
          {card.more > 0 && (
            <p class="muted">{`${card.more} more of its sensors are not normal.`}</p>
          )}
          {card.words !== null && <p>{`${card.words}.`}</p>}
          {card.life !== null && <p>{`${card.life}.`}</p>}
          <div class="links">
            {card.alarm?.waits && props.mayAct && (
              <form method="post" action={`/alarms/${card.alarm.id}/ack`}>
                <input type="hidden" name="back" value="/" />
                <button type="submit" class="small">
                  Acknowledge<span class="hidden">{` ${card.alarm.title}`}</span>
                </button>
              </form>
            )}
            <a href={card.href}>Open</a>
            {card.alarm !== null && <a href={`/alarms/${card.alarm.id}`}>Alarm</a>}
            {card.why !== null && <a href={card.why}>Why</a>}
          </div>
        </section>
      ))}
      {more > 0 && (
        <p class="more">
          <a href="/machines?status=attention">{`${more} more`}</a>
        </p>
      )}
    </div>
  );
}
