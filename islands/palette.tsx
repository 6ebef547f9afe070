/**
 * The palette: one field that finds everything, and goes there by keyboard. Loaded with its first use
 * (`keyboard.ts`). Without script, and for all that was found, there is the page of the search.
 */
import { type ComponentChildren, render, type VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Hit } from "../lib/search/hit.ts";
import { at, fetchOwn } from "./own.ts";

const SHOWN = 12;
/** Letters that come faster than this are asked for together. */
const GATHER_MS = 120;

let dialog: HTMLDialogElement | null = null;
let opened = 0;

/** Opens it with what was typed already; a second time in a row begins anew. */
export function showPalette(typed = ""): void {
  if (dialog === null) {
    dialog = document.createElement("dialog");
    dialog.className = "palette";
    dialog.setAttribute("aria-label", "Search everything");
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog) dialog!.close();
    });
    document.body.append(dialog);
  }
  if (dialog.open) dialog.close();
  render(<Palette key={++opened} typed={typed} />, dialog);
  dialog.showModal();
}

type Answer = { q: string; hits: Hit[] } | { q: string; problem: string };

function Palette({ typed }: { typed: string }): VNode {
  const [q, setQ] = useState(typed);
  const [answer, setAnswer] = useState<Answer | null>(null);
  const [at_, setAt] = useState(0);
  /** Enter was pressed before the answer to what is typed was there. */
  const entered = useRef(false);
  const asked = q.trim();
  const hits = answer !== null && "hits" in answer ? answer.hits : [];
  const all = { title: `Everything with “${asked}”`, url: searchUrl(asked) };

  useEffect(() => {
    setAt(0);
    if (asked === "") return setAnswer(null);
    const stop = new AbortController();
    const timer = setTimeout(async () => {
      const next = await ask(asked, stop.signal);
      if (stop.signal.aborted) return;
      setAnswer(next);
      if (entered.current) go("hits" in next && next.hits[0] ? next.hits[0].url : all.url);
    }, GATHER_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [asked]);

  const onKeyDown = (event: KeyboardEvent) => {
    const last = hits.length;
    if (event.key === "ArrowDown") setAt(Math.min(last, at_ + 1));
    else if (event.key === "ArrowUp") setAt(Math.max(0, at_ - 1));
    else if (event.key === "Enter" && asked !== "") {
      if (answer?.q !== asked) entered.current = true;
      else go(hits[at_]?.url ?? all.url);
    } else return;
    event.preventDefault();
  };

  const option = (i: number, url: string, content: ComponentChildren) => (
    <li
      key={url}
      id={`palette-${i}`}
      role="option"
      aria-selected={i === at_ ? "true" : "false"}
      ref={(element) => {
        if (i === at_) element?.scrollIntoView({ block: "nearest" });
      }}
      onClick={() => go(url)}
      onPointerMove={() => setAt(i)}
    >
      {content}
    </li>
  );

  return (
    <>
      <input
        type="text"
        role="combobox"
        aria-expanded={asked === "" ? "false" : "true"}
        aria-controls="palette-found"
        aria-activedescendant={asked === "" ? undefined : `palette-${at_}`}
        aria-autocomplete="list"
        aria-label="Search everything"
        placeholder="Machine, sensor, alarm, ticket, setting, page"
        autocomplete="off"
        autofocus
        enterkeyhint="go"
        value={q}
        onInput={(event) => {
          entered.current = false;
          setQ(event.currentTarget.value);
        }}
        onKeyDown={onKeyDown}
      />
      <ul id="palette-found" role="listbox" aria-label="Found" hidden={asked === ""}>
        {hits.map((hit, i) =>
          option(
            i,
            hit.url,
            <>
              <span>{hit.title}</span>
              <span class="detail">{hit.detail}</span>
              <span class="kind">{KINDS[hit.kind]}</span>
            </>,
          )
        )}
        {asked !== "" && option(hits.length, all.url, <span>{all.title}</span>)}
      </ul>
      <p role="status">{statusOf(asked, answer)}</p>
    </>
  );
}

const KINDS: Readonly<Record<Hit["kind"], string>> = {
  machine: "machine",
  sensor: "sensor",
  alarm: "alarm",
  ticket: "ticket",
  area: "area",
  tag: "tag",
  camera: "camera",
  dashboard: "dashboard",
  page: "page",
  setting: "setting",
  person: "person",
  rule: "rule",
  channel: "channel",
  guide: "guide",
  operation: "API",
};

function statusOf(asked: string, answer: Answer | null): string {
  if (asked === "") return "Type what it is called. Arrow keys choose, Enter opens, Escape closes.";
  if (answer?.q !== asked) return "Searching";
  if ("problem" in answer) return answer.problem;
  return answer.hits.length === 0 ? "Nothing has these words in its name." : "";
}

async function ask(q: string, signal: AbortSignal): Promise<Answer> {
  try {
    const query = new URLSearchParams({ q, limit: String(SHOWN) });
    const response = await fetchOwn(`/api/search?${query}`, { signal });
    if (response.ok) return { q, hits: (await response.json()).items };
    const problem = response.status === 401 ? "You are signed out." : "Perch cannot search now.";
    return { q, problem };
  } catch {
    return { q, problem: "Perch does not answer. Try again when the connection is back." };
  }
}

const searchUrl = (q: string) => `/search?${new URLSearchParams({ q })}`;

function go(url: string): void {
  dialog?.close();
  location.href = at(url);
}
