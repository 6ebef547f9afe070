import type { VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Alarm } from "../lib/alarms/alarm.ts";
import { dateTime } from "../lib/words/times.ts";
import { alarmWords, areaOf, placeOf, SEVERITY_MARKS } from "../lib/words/alarms.ts";
import { grouped } from "./alarm_groups.ts";
import { now, onAlarm, onReset } from "./live.ts";
import { fetchOwn } from "./own.ts";

export interface AlarmListProps {
  alarms: Alarm[];
  /** Question of the API that gives this list. */
  query: string;
  /** Resolved ones: nothing new comes in. */
  past: boolean;
  mayAct: boolean;
  /** Address of the page, to come back to. */
  here: string;
  nowMs: number;
  zone: string;
}

const SHELVES = [[30, "30 min"], [120, "2 h"], [480, "8 h"], [1440, "1 day"]] as const;
const RELOAD_MS = 400;
const DRAW_MS = 250;

/** Alarms by machine; values change in place, new ones announce themselves. */
export function AlarmList(props: AlarmListProps): VNode {
  const [alarms, setAlarms] = useState(props.alarms);
  const [waiting, setWaiting] = useState(new Set<string>());
  const [message, setMessage] = useState("");
  const shown = useRef(alarms);
  shown.current = alarms;
  const root = useRef<HTMLFormElement>(null);
  const nowMs = typeof document === "undefined" ? props.nowMs : now.value;

  async function load(): Promise<void> {
    const response = await fetchOwn(`/api/alarms?${props.query}`).catch(() => null);
    if (!response?.ok) return;
    setAlarms((await response.json()).items);
    setWaiting(new Set());
  }

  async function acknowledge(ids: readonly string[]): Promise<void> {
    if (!props.mayAct || ids.length === 0) return;
    const response = await fetchOwn("/api/alarms/bulk", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ ids, action: "ack" }),
    }).catch(() => null);
    if (!response?.ok) return setMessage("Not acknowledged: Perch did not accept it. Try again.");
    const { results } = await response.json();
    const refused = results.filter((one: { ok: boolean }) => !one.ok);
    setMessage(
      refused.length === 0
        ? `${results.length} acknowledged`
        : refused.map((one: { message: string }) => one.message).join("; "),
    );
  }

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let drawing: ReturnType<typeof setTimeout> | undefined;
    let strangers = new Set<string>();
    let changed = new Map<string, Alarm>();
    // In a storm every alarm changes many times: they are drawn together.
    const draw = () => {
      drawing = undefined;
      const now = changed;
      changed = new Map();
      setAlarms((list) => list.map((one) => now.get(one.id) ?? one));
    };
    const stop = onAlarm(({ alarm, transition }) => {
      const known = shown.current.some(({ id }) => id === alarm.id);
      if (known) {
        changed.set(alarm.id, alarm);
        drawing ??= setTimeout(draw, DRAW_MS);
        return;
      }
      if (props.past || !["alarm.raised", "alarm.reopened"].includes(transition)) return;
      strangers.add(alarm.id);
      // Many may come at once; whether they fit this list's filter is the server's to say.
      timer ??= setTimeout(async () => {
        timer = undefined;
        const asked = strangers;
        strangers = new Set();
        const fitting = await fetchOwn(`/api/alarms?${props.query}`).then((r) => r.json())
          .catch(() => ({ items: [] }));
        const added = fitting.items.filter((one: Alarm) => asked.has(one.id));
        setWaiting((before) => new Set([...before, ...added.map((one: Alarm) => one.id)]));
      }, RELOAD_MS);
    });
    const unreset = onReset(load);
    return () => {
      clearTimeout(timer);
      clearTimeout(drawing);
      stop();
      unreset();
    };
  }, []);

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const at = document.activeElement;
      if (at instanceof HTMLElement && /^(SELECT|TEXTAREA)$|INPUT/.test(at.tagName)) {
        if (!(at instanceof HTMLInputElement && at.type === "checkbox")) return;
      }
      const item = at?.closest<HTMLElement>("[data-alarm]");
      const box = item?.querySelector<HTMLInputElement>("input[type=checkbox]");
      if (event.key === "x" && box) box.checked = !box.checked;
      if (event.key !== "a") return;
      const chosen = [...root.current!.querySelectorAll<HTMLInputElement>("input:checked")]
        .map((input) => input.name.slice("alarm-".length));
      acknowledge(chosen.length > 0 ? chosen : item ? [item.dataset.alarm!] : []);
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);

  return (
    <form method="post" action="/alarms/bulk/ack" class="alarm-list" ref={root}>
      <input type="hidden" name="back" value={props.here} />
      <p class="new-rows" aria-live="polite">
        {waiting.size > 0 && (
          <button type="button" class="small" onClick={load}>{`${waiting.size} new: show`}</button>
        )}
        {message}
      </p>
      {props.mayAct && !props.past && alarms.length > 0 && <Bulk />}
      {grouped(alarms).map(({ place, alarms: list }) => (
        <section class="card" key={place} aria-label={placeOf(list[0])}>
          <h2>
            {list[0].machine_id === null
              ? placeOf(list[0])
              : <a href={`/machines/${list[0].machine}`}>{placeOf(list[0])}</a>}
            <span class="area">{areaOf(list[0])}</span>
          </h2>
          <ul>
            {list.map((alarm) => <Row key={alarm.id} alarm={alarm} props={props} nowMs={nowMs} />)}
          </ul>
        </section>
      ))}
    </form>
  );
}

function Bulk(): VNode {
  return (
    <details class="bulk">
      <summary class="chip">Selected:</summary>
      <div class="buttons">
        <button type="submit" class="small">Acknowledge</button>
        <button type="submit" class="small" formAction="/alarms/bulk/resolve">Resolve</button>
        <label>
          <span class="hidden">Shelve for</span>
          <select name="minutes">
            {SHELVES.map(([minutes, text]) => <option key={minutes} value={minutes}>{text}
            </option>)}
          </select>
        </label>
        <button type="submit" class="small" formAction="/alarms/bulk/shelve">Shelve</button>
      </div>
    </details>
  );
}

function Row(
  { alarm, props, nowMs }: { alarm: Alarm; props: AlarmListProps; nowMs: number },
): VNode {
  const { severity, state, id } = alarm;
  const open = state !== "resolved";
  const { word, since, people } = alarmWords(alarm, nowMs, props.zone);
  return (
    <li
      class={state === "active" && alarm.shelved_until_ms === null ? "alarm" : "alarm quiet"}
      data-alarm={id}
    >
      {props.mayAct && open && !props.past && (
        <input
          type="checkbox"
          name={`alarm-${id}`}
          value="on"
          aria-label={`Select ${alarm.title}`}
        />
      )}
      <a class="row" href={`/alarms/${id}`}>
        <span class={`alarm-severity ${severity}`}>
          <span aria-hidden="true">{SEVERITY_MARKS[severity]}</span> {severity}
        </span>
        <span class="alarm-title">
          {alarm.title}
        </span>
        <span class="alarm-note">
          <time
            dateTime={new Date(alarm.raised_ms).toISOString()}
            title={dateTime(alarm.raised_ms, props.zone)}
          >
            {open ? since : `${dateTime(alarm.raised_ms, props.zone)}, ${word} ${since}`}
          </time>
          {people !== "" && `, ${people}`}
        </span>
      </a>
      {props.mayAct && state === "active" && (
        <button type="submit" class="small" formAction={`/alarms/${id}/ack`}>Acknowledge</button>
      )}
    </li>
  );
}
