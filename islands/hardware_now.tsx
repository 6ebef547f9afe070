import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import type {
  HardwareChannelJson,
  HardwareInputJson,
  HardwareJson,
} from "../lib/sources/hardware/view.ts";
import { number } from "../lib/words/numbers.ts";
import { ago, dateTime, duration } from "../lib/words/times.ts";
import { fetchOwn } from "./own.ts";

export interface HardwareNowProps {
  hardware: HardwareJson;
  mayChange: boolean;
  nowMs: number;
  zone: string;
}

const ASK_MS = 3_000;
/** While a look is under way. */
const SOON_MS = 700;
const DECIMALS = 4;

/** Sensors at this host that are read, and what else there is; asks anew while the page is seen. */
export function HardwareNow(props: HardwareNowProps): VNode {
  const [hardware, setHardware] = useState(props.hardware);
  const [nowMs, setNowMs] = useState(props.nowMs);
  useEffect(() =>
    follow(props.hardware, (next) => {
      setHardware(next);
      setNowMs(Date.now());
    }), []);
  const shown = { ...props, hardware, nowMs };
  const isEmpty = hardware.inputs.length === 0 && hardware.channels.length === 0;
  return (
    <div class="hardware-page">
      <h1 class="answer">{answerOf(hardware)}</h1>
      {isEmpty && hardware.looking === null && (
        <p class="empty">
          Perch reads sensors that are attached to its own host: 1-Wire thermometers, sensors on I²C
          and SPI, meters at GPIO pins. Connect one and switch its bus on; then load this page
          again.
        </p>
      )}
      <Inputs {...shown} />
      <Channels {...shown} />
    </div>
  );
}

function answerOf({ inputs, channels, looking }: HardwareJson): string {
  const bad = inputs.filter(({ state }) => state === "failing" || state === "gone").length;
  const all = inputs.length;
  if (all === 1) {
    return bad === 0
      ? "The one sensor at this host is read"
      : "The one sensor at this host gives no values";
  }
  if (bad > 0) {
    return `${bad} of ${all} sensors at this host ${bad === 1 ? "gives" : "give"} no values`;
  }
  if (all > 0) return `All ${all} sensors at this host are read`;
  if (looking !== null) return "Looking for sensors at this host";
  if (channels.length === 0) return "No sensors are attached to this host";
  // Pins are there whether or not something hangs on them.
  const n = channels.filter(({ driver }) => driver !== "gpio").length;
  if (n === 0) return "Only pulses at pins of this host can be read";
  return `${n} ${n === 1 ? "channel" : "channels"} of this host can be read`;
}

function follow(first: HardwareJson, take: (next: HardwareJson) => void): () => void {
  let gone = false;
  let latest = first;
  (async () => {
    while (!gone) {
      const ms = latest.looking === null ? ASK_MS : SOON_MS;
      await new Promise((resolve) => setTimeout(resolve, ms));
      if (gone || document.hidden) continue;
      const response = await fetchOwn("/api/hardware").catch(() => null);
      if (gone || !response?.ok) continue;
      latest = await response.json();
      take(latest);
    }
  })();
  return () => void (gone = true);
}

function Inputs({ hardware, mayChange, nowMs, zone }: HardwareNowProps): VNode | null {
  if (hardware.inputs.length === 0) return null;
  return (
    <section class="card" aria-labelledby="hardware-inputs">
      <h2 id="hardware-inputs">Read</h2>
      <ul class="hardware">
        {hardware.inputs.map((input) => (
          <li key={input.id}>
            <div>
              <a href={`/sensors/${encodeURIComponent(input.sensor)}`}>{input.sensor}</a>
              <p class="muted">{about(input)}</p>
              {input.text !== "" && (
                <p class={input.state === "ok" ? "muted" : "hardware-fault"}>
                  {input.state !== "ok" && <span class="mark warning" aria-hidden="true">▲</span>}
                  {input.text}
                </p>
              )}
            </div>
            <div class="hardware-value">
              <div>
                <Value {...input} />
                <p class="muted">
                  {input.at_ms === null
                    ? input.state === "waiting" ? "being read" : "nothing yet"
                    : <Ago tMs={input.at_ms} nowMs={nowMs} zone={zone} />}
                </p>
              </div>
              {mayChange && (
                <a class="hardware-do" href={hrefOf("/hardware/input", input.id)}>Change</a>
              )}
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}

function about(input: HardwareInputJson): string {
  const what = input.device === null ? input.id : `${input.device}, ${input.title}`;
  const refused = input.refused === 0 ? "" : `, ${input.refused} refused since the start`;
  return `${what}, every ${duration(input.settings.interval_s * 1_000)}${refused}`;
}

function Channels({ hardware, mayChange }: HardwareNowProps): VNode {
  const { channels, drivers, looking, notes } = hardware;
  const quiet = channels.filter((one) => one.driver === "gpio" && !one.added);
  const others = channels.filter((one) => !one.added && !quiet.includes(one));
  return (
    <section class="card" aria-labelledby="hardware-there">
      <h2 id="hardware-there">
        {hardware.inputs.length === 0 ? "What is there" : "What else is there"}
      </h2>
      {looking !== null && (
        <p class="progress" role="status">
          <progress max={Math.max(looking.of, 1)} value={looking.read} aria-label="Looking" />
          <span>
            {looking.of === 0 ? "Looking …" : `Reading: ${looking.read} of ${looking.of}`}
          </span>
        </p>
      )}
      {notes.map((note) => (
        <p key={note} class="hardware-fault">
          <span class="mark warning" aria-hidden="true">▲</span>
          {note}
        </p>
      ))}
      {drivers.map(({ name, title, help, found }) => {
        const own = others.filter(({ driver }) => driver === name);
        const said = notes.some((note) => note.startsWith(`${title}:`));
        return (
          <div key={name} class="hardware-driver">
            <h3>{title}</h3>
            {found === 0 && looking === null && !said && <p class="muted">{help}</p>}
            {name === "gpio" && quiet.length > 0
              ? <Pins pins={quiet} mayChange={mayChange} />
              : found > 0 && own.length === 0 && <p class="muted">All of it is read.</p>}
            {own.length > 0 && (
              <ul class="hardware">
                {own.map((one) => <Row key={one.id} channel={one} mayChange={mayChange} />)}
              </ul>
            )}
          </div>
        );
      })}
    </section>
  );
}

function Row({ channel, mayChange }: { channel: HardwareChannelJson; mayChange: boolean }): VNode {
  const { id, device, title, fault, value, at_ms } = channel;
  return (
    <li>
      <div>
        <p>{title}</p>
        <p class="muted">{device}</p>
        {fault !== null && (
          <p class="hardware-fault">
            <span class="mark warning" aria-hidden="true">▲</span>
            {fault}
          </p>
        )}
      </div>
      <div class="hardware-value">
        {value !== null && <Value {...channel} />}
        {value === null && fault === null && at_ms === null && <p class="muted">not read yet</p>}
        {mayChange && (
          <a
            class="hardware-do"
            href={hrefOf("/hardware/add", id)}
            aria-label={`Add ${title} of ${device}`}
          >
            Add
          </a>
        )}
      </div>
    </li>
  );
}

function Pins(
  { pins, mayChange }: { pins: readonly HardwareChannelJson[]; mayChange: boolean },
): VNode {
  return (
    <>
      <p class="muted">
        Pulses of meters, counted at a pin of the header ({pins[0].device}).
      </p>
      {mayChange && (
        <form method="get" action="/hardware/add" class="hardware-pin">
          <label for="hardware-pin">Pin</label>
          <select id="hardware-pin" name="id">
            {pins.map(({ id, title }) => <option key={id} value={id}>{title}</option>)}
          </select>
          <button type="submit">Add</button>
        </form>
      )}
    </>
  );
}

function Value({ value, unit }: { value: number | null; unit: string | null }): VNode | null {
  if (value === null) return null;
  return (
    <p class="value">
      {number(Number(value.toFixed(DECIMALS)))}
      {unit !== null && <span class="unit">{unit}</span>}
    </p>
  );
}

function Ago({ tMs, nowMs, zone }: { tMs: number; nowMs: number; zone: string }): VNode {
  return (
    <time dateTime={new Date(tMs).toISOString()} title={dateTime(tMs, zone)}>
      {ago(nowMs - tMs)}
    </time>
  );
}

const hrefOf = (path: string, id: string) => `${path}?id=${encodeURIComponent(id)}`;
