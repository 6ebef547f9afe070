import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect } from "preact/hooks";
import type { JobNews } from "../lib/jobs/shape.ts";
import { countWords } from "../lib/words/jobs.ts";
import { onJob, onReset } from "./live.ts";
import { fetchOwn } from "./own.ts";

export interface JobProgressProps {
  initial: JobNews;
  /** Where how it is can be asked for: what ended while the page was loaded is not missed. */
  url: string;
}

const isOpen = ({ state }: JobNews) => state === "waiting" || state === "running";

/** How far a job is; once it has ended the page is drawn anew. */
export function JobProgress({ initial, url }: JobProgressProps): VNode {
  const news = useSignal(initial);
  useEffect(() => {
    const show = (next: JobNews) => {
      news.value = next;
      if (!isOpen(next)) location.reload();
    };
    const ask = async () => {
      const response = await fetchOwn(url).catch(() => null);
      if (response?.ok) show(await response.json());
    };
    const offs = [onJob((next) => next.id === initial.id && show(next)), onReset(ask)];
    ask();
    return () => offs.forEach((off) => off());
  }, []);
  const { state, title, progress } = news.value;
  const share = progress?.share ?? null;
  const counts = countWords(progress?.counts ?? {});
  const words = state === "waiting" ? "Waiting for its turn" : progress?.words ?? "Beginning";
  return (
    <>
      <p class="progress">
        <progress
          max="1"
          value={state === "waiting" ? 0 : share ?? undefined}
          aria-label={`Progress of ${title}`}
        />
        <span>{share === null ? "" : `${Math.round(share * 100)} %`}</span>
      </p>
      <p class="muted">{counts === "" ? words : `${words} · ${counts}`}</p>
    </>
  );
}
