import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect } from "preact/hooks";
import type { Prediction } from "../lib/detect/predict/prediction.ts";
import { lifeSpan } from "../lib/words/life.ts";
import { ago, lasted } from "../lib/words/times.ts";
import { now, onPrediction, onReset } from "./live.ts";
import { fetchOwn } from "./own.ts";

/** What is shown of a prediction. */
export type ShownPrediction =
  & Pick<
    Prediction,
    | "id"
    | "machine"
    | "machine_name"
    | "at_ms"
    | "class"
    | "learning"
    | "score"
    | "summary"
    | "source"
    | "model_version"
  >
  & {
    remaining_life: Pick<
      Prediction["remaining_life"],
      "known" | "remaining_ms" | "low_ms" | "high_ms" | "crossed_ms"
    >;
  };

export interface PredictionsNowProps {
  items: ShownPrediction[];
  /** Machines that can be judged. */
  machines: number;
  /** Only the sentence: what stands below is filtered. */
  brief: boolean;
  nowMs: number;
}

/** Older than this it is no longer current. */
const STALE_MS = 15 * 60_000;
/** Of more machines, those that run as usual are folded. */
const SHOWN_MOST = 12;
const ASK_EVERY_MS = 15_000;
const ASK_AFTER_MS = 300;

/** The present prediction of each machine; asks anew every 15 s, and values change in their places. */
export function PredictionsNow(props: PredictionsNowProps): VNode {
  const shown = useSignal(props.items);
  useEffect(() => {
    let soon: ReturnType<typeof setTimeout> | undefined;
    const ask = async () => {
      if (document.hidden) return;
      // The stream notices an outage, and the page says so.
      const answer = await fetchOwn("/api/predictions?current=true").catch(() => null);
      if (answer?.ok) shown.value = inPlace(shown.peek(), (await answer.json()).items);
    };
    const askSoon = () => {
      clearTimeout(soon);
      soon = setTimeout(ask, ASK_AFTER_MS);
    };
    const timer = setInterval(ask, ASK_EVERY_MS);
    const stops = [onPrediction(askSoon), onReset(askSoon)];
    return () => {
      clearInterval(timer);
      clearTimeout(soon);
      for (const stop of stops) stop();
    };
  }, []);
  const nowMs = typeof document === "undefined" ? props.nowMs : Math.max(now.value, props.nowMs);
  const current = shown.value.filter(({ at_ms }) => nowMs - at_ms < STALE_MS);
  const { sentence, worst } = answerOf(current, props.machines);
  const folded = current.length > SHOWN_MOST;
  return (
    <>
      <h1 class="answer">
        {worst && <ClassMark kind={worst} />}
        {sentence}
      </h1>
      {!props.brief && current.length > 0 && (
        <section class="card" aria-labelledby="now">
          <h2 id="now">Now</h2>
          <Outlooks list={folded ? current.filter(isOdd) : current} nowMs={nowMs} />
          {folded && (
            <details class="fold">
              <summary>{`${current.length - current.filter(isOdd).length} as usual`}</summary>
              <Outlooks list={current.filter((one) => !isOdd(one))} nowMs={nowMs} />
            </details>
          )}
          <p class="muted">Scores run from 0 to 1: a warning begins at 0.50, critical at 0.67.</p>
        </section>
      )}
    </>
  );
}

const isOdd = (one: Pick<ShownPrediction, "class">) => one.class !== "normal";

function Outlooks({ list, nowMs }: { list: readonly ShownPrediction[]; nowMs: number }): VNode {
  return (
    <ul class="outlooks">
      {list.map((one) => <Outlook key={one.machine} one={one} nowMs={nowMs} />)}
    </ul>
  );
}

/** Says that predictions were stored since the page was drawn, rather than moving what is read. */
export function PredictionNews({ newest }: { newest: string | null }): VNode {
  const ids = useSignal<ReadonlySet<string>>(new Set());
  useEffect(() =>
    onPrediction((given) => {
      const { id } = given as { id: string };
      // The stream may begin before the page was drawn.
      if (Number(id) > Number(newest ?? 0)) ids.value = new Set([...ids.value, id]);
    }), []);
  const n = ids.value.size;
  return (
    <p role="status" class={n === 0 ? "hidden" : "banner info"}>
      {n > 0 && (
        <>
          <span aria-hidden="true">●</span> {`${n} new.`} <a href="">Show</a>
        </>
      )}
    </p>
  );
}

/** What the page says first, and what colours it. */
export function answerOf(
  current: readonly Pick<ShownPrediction, "class" | "learning">[],
  machines: number,
): { sentence: string; worst: "warning" | "critical" | null } {
  if (current.length === 0) {
    return { sentence: "No machine is judged at the moment", worst: null };
  }
  const odd = current.filter((one) => one.class !== "normal");
  const word = (n: number) => n === 1 ? "machine" : "machines";
  const learning = current.filter((one) => one.learning).length;
  if (learning === current.length) {
    return {
      sentence: `Still learning what is usual of ${learning} of ${machines} ${word(machines)}`,
      worst: null,
    };
  }
  const more = learning === 0 ? "" : `, ${learning} still learning`;
  if (odd.length === 0) {
    if (learning > 0) {
      const judged = current.length - learning;
      const sentence = `${judged} of ${machines} ${word(machines)} judged: as usual${more}`;
      return { sentence, worst: null };
    }
    const all = current.length === machines && machines > 1;
    const sentence = all
      ? `All ${machines} machines run as usual`
      : `${current.length} of ${machines} ${word(machines)} judged: as usual`;
    return { sentence, worst: null };
  }
  const { length } = current;
  return {
    sentence: `${odd.length} of ${length} ${word(length)} ${
      odd.length === 1 ? "runs" : "run"
    } unusually${more}`,
    worst: odd.some((one) => one.class === "critical") ? "critical" : "warning",
  };
}

/** The new ones in the places of the old ones: what is read does not move. New machines come last. */
export function inPlace(
  before: readonly ShownPrediction[],
  after: readonly ShownPrediction[],
): ShownPrediction[] {
  const next = new Map(after.map((one) => [one.machine, one]));
  const kept = before.flatMap(({ machine }) => {
    const one = next.get(machine);
    next.delete(machine);
    return one ?? [];
  });
  return [...kept, ...next.values()];
}

/** The mark of a class that asks for attention; nothing for a normal one. */
export function ClassMark({ kind }: { kind: ShownPrediction["class"] }): VNode | null {
  return kind === "normal"
    ? null
    : <span class={`mark ${kind}`} aria-hidden="true">{kind === "critical" ? "■" : "▲"}</span>;
}

/** A class as a word, with its mark. */
export function ClassWord(
  { kind, learning = false }: { kind: ShownPrediction["class"]; learning?: boolean },
): VNode {
  return (
    <span class={kind === "normal" ? "state" : `state ${kind}`}>
      <ClassMark kind={kind} />
      {learning ? "learning" : kind}
    </span>
  );
}

function Outlook({ one, nowMs }: { one: ShownPrediction; nowMs: number }): VNode {
  const name = one.machine_name;
  const by = one.source === "rules" ? "rules" : `model ${one.model_version}`;
  return (
    <li>
      <p class="part-name">
        {one.id === null ? name : <a href={`/predictions/${one.id}`}>{name}</a>}
        <ClassWord kind={one.class} learning={one.learning} />
      </p>
      <p class="part-share">{one.learning ? "–" : one.score.toFixed(2)}</p>
      <svg class="share" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
        <rect class="track" width="100" height="4" />
        <rect class={`bar ${one.class}`} width={(100 * one.score).toFixed(1)} height="4" />
        <rect class="edge" x="50" width="0.3" height="4" />
        <rect class="edge" x="66.7" width="0.3" height="4" />
      </svg>
      <p class="part-words">{`${one.summary}.`}</p>
      <p class="part-words muted">
        {`${by}, ${ago(nowMs - one.at_ms)}. Remaining life ${lifeText(one.remaining_life, nowMs)}.`}
      </p>
    </li>
  );
}

function lifeText(life: ShownPrediction["remaining_life"], nowMs: number): string {
  const { known, remaining_ms, low_ms, high_ms, crossed_ms } = life;
  if (!known || remaining_ms === null || low_ms === null) return "unknown";
  if (crossed_ms !== null) {
    return `over: a limit has been crossed for ${lasted(nowMs - crossed_ms)}`;
  }
  return lifeSpan({ remainingMs: remaining_ms, lowMs: low_ms, highMs: high_ms });
}
