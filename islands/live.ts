/**
 * The page's event stream, as signals. One connection serves all pages of a browser (`shared_stream.ts`), which has
 * six per host; a tab that is hidden takes no part, and continues where it was. Reconnects by itself; shows when it
 * is offline or signed out.
 */
import { batch, type Signal, signal } from "@preact/signals";
import type { CameraStatus } from "../lib/cameras/camera_view.ts";
import type { Alarm } from "../lib/alarms/alarm.ts";
import type { JobNews } from "../lib/jobs/shape.ts";
import type { MachineStatus } from "../lib/live/status_words.ts";
import type { Ticket } from "../lib/tickets/ticket.ts";
import type { Status } from "../lib/live/status_shape.ts";
import type { OpenAlarms } from "../lib/words/alarms.ts";
import type { CommandState } from "../lib/words/commands.ts";
import { createListeners } from "./listeners.ts";
import type { PageStream, StreamHearer } from "./page_stream.ts";
import { createPageStream } from "./shared_stream.ts";
import { fetchOwn } from "./own.ts";

export interface LiveReading {
  /** Time of the reading, by its device. */
  ts: number;
  value: number | string;
  /** When it arrived, by the server's clock: a device's own clock may be wrong. */
  seen_ms: number;
}

/** A reading as the stream sends it. */
export interface StreamReading {
  sensor: string;
  ts: number;
  value: number | string;
}

/** A step of an alarm, or `updated`, as the stream sends it. */
export interface AlarmEvent {
  transition: string;
  alarm: Alarm;
  /** All open ones after it. */
  open: OpenAlarms;
}

/** A step of an order to a device, as the stream sends it. */
export interface CommandEvent {
  id: string;
  target: string;
  state: CommandState;
  value: number | string | boolean;
  reason: string | null;
  t_ms: number;
}

export type Connection = "connecting" | "live" | "offline" | "signed-out";

/** The state of the page's stream. */
export const connection: Signal<Connection> = signal("connecting");
/** The latest `status` event. */
export const status: Signal<Status | null> = signal(null);
/** Open alarms since the page was loaded; null before the first was heard of. */
export const openAlarms: Signal<OpenAlarms | null> = signal(null);
/** The server's clock, ticking every second while the page is visible. */
export const now: Signal<number> = signal(Date.now());

/** A status that changed since the page was loaded. */
export interface LiveStatus {
  status: MachineStatus;
  sinceMs: number;
}

const latest = new Map<string, Signal<LiveReading | null>>();
const statuses = new Map<string, Signal<LiveStatus | null>>();
const readingEvents = createListeners<readonly StreamReading[]>();
const resets = createListeners<void>();
const alarmEvents = createListeners<AlarmEvent>();
const deliveries = createListeners<void>();
const tickets = createListeners<Ticket>();
const loggedEvents = createListeners<void>();
const anomalies = createListeners<unknown>();
const predictions = createListeners<unknown>();
const faults = createListeners<void>();
const cameras = createListeners<CameraStatus>();
const commands = createListeners<CommandEvent>();
const jobs = createListeners<JobNews>();

/** Changes of screen values are gathered for this long: calmer to read, cheaper to draw. */
const FLUSH_MS = 250;
const HIDDEN_MS = 20_000;

/** The latest reading of a sensor (by full name) since the page was loaded; null before one came. */
export function latestOf(sensor: string): Signal<LiveReading | null> {
  let found = latest.get(sensor);
  if (found === undefined) latest.set(sensor, found = signal(null));
  return found;
}

/** The status of a sensor (by full name) or machine (by path), once it changed; null before. */
export function statusOf(kind: "sensor" | "machine", name: string): Signal<LiveStatus | null> {
  const key = `${kind} ${name}`;
  let found = statuses.get(key);
  if (found === undefined) statuses.set(key, found = signal(null));
  return found;
}

/** Every reading of the stream, in groups. */
export const onReadings = readingEvents.on;
/** Events were missed for good: load anew. */
export const onReset = resets.on;
/** Something that a detector found, as `/api/anomalies` gives it. */
export const onAnomaly = anomalies.on;
/** A prediction that was stored, as the stream sends it. */
export const onPrediction = predictions.on;
/** Each step and change of an alarm. */
export const onAlarm = alarmEvents.on;
/** Something came into the event log. */
export const onEvent = loggedEvents.on;
/** A delivery changed. */
export const onDelivery = deliveries.on;
/** A ticket after a change, a comment or a file. */
export const onTicket = tickets.on;

/** A fault of Perch itself changed. */
export const onFault = faults.on;
/** What became of an order to a device. */
export const onCommand = commands.on;
/** How far an export, an import or a report is. */
export const onJob = jobs.on;
/** How a camera is. */
export const onCamera = cameras.on;

/** How far the server's clock is ahead of this browser's. */
let aheadMs = 0;

/** Epoch ms by the server's clock. */
export function serverNow(): number {
  return Math.round(Date.now() + aheadMs);
}

/** So few sensors are asked for one by one, not in the list of all. */
const FEW_SENSORS = 3;
/** The pauses before what could not be asked for is asked for again: another Perch may be starting. */
const CATCH_UP_PAUSES_MS = [1_000, 2_000, 5_000, 10_000, 30_000];
let catchUps = 0;

/** After a reset: asks for the latest value and the status of everything that the page shows. */
export async function catchUp(): Promise<void> {
  const own = ++catchUps;
  for (const pauseMs of [...CATCH_UP_PAUSES_MS, 0]) {
    if (await hasCaughtUp()) return;
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    // The next reset asks by itself.
    if (own !== catchUps) return;
  }
}

/** False: not everything could be asked for. */
async function hasCaughtUp(): Promise<boolean> {
  const names = [...latest.keys()];
  const isFew = names.length > 0 && names.length <= FEW_SENSORS;
  const isWhole = isFew
    ? (await Promise.all(names.map(askForSensor))).every((asked) => asked)
    : await everything("/api/sensors", showSensor);
  flush();
  if (![...statuses.keys()].some((key) => key.startsWith("machine "))) return isWhole;
  return await everything("/api/machines", ({ path, status, since_ms }) => {
    setStatus(`machine ${path}`, { status, sinceMs: since_ms });
  }) && isWhole;
}

async function askForSensor(name: string): Promise<boolean> {
  const path = name.split("/").map(encodeURIComponent).join("/");
  const answer = await fetchOwn(`/api/sensors/${path}`).catch(() => null);
  if (answer?.ok) showSensor(await answer.json());
  // One that was renamed or deleted meanwhile is not asked for again.
  return answer !== null && (answer.ok || answer.status === 404);
}

// deno-lint-ignore no-explicit-any
function showSensor({ name, last, status, since_ms }: any): void {
  setStatus(`sensor ${name}`, { status, sinceMs: since_ms });
  if (last === null || !latest.has(name)) return;
  pending.set(name, { ...last, seen_ms: status === "offline" ? last.ts : serverNow() });
}

/** All items of a list, page by page; false when it cannot be read. */
// deno-lint-ignore no-explicit-any
async function everything(path: string, show: (item: any) => void): Promise<boolean> {
  let cursor = "";
  do {
    const page = await fetchOwn(`${path}?limit=1000${cursor}`).catch(() => null);
    if (!page?.ok) return false;
    const { items, next } = await page.json();
    items.forEach(show);
    cursor = next === null ? "" : `&cursor=${encodeURIComponent(next)}`;
  } while (cursor !== "");
  return true;
}

async function askForAlarms(): Promise<void> {
  const response = await fetchOwn("/api/status").catch(() => null);
  if (response?.ok) openAlarms.value = (await response.json()).alarms;
}

function setStatus(key: string, next: LiveStatus): void {
  const target = statuses.get(key);
  if (target) target.value = next;
}

let stream: PageStream | null = null;
let isOpen = false;
let hasFailed = false;
let lastId = "";
type Timer = ReturnType<typeof setTimeout> | undefined;
let hiddenTimer: Timer;
let pending = new Map<string, LiveReading>();
let flushTimer: Timer;

/**
 * Opens the page's stream; `parameters` are those of `GET /api/stream`. It begins after the event `since`,
 * which was the newest when the server read what the page shows. `worker` is the script that holds one stream for
 * all pages of this browser.
 */
export function connect(parameters: Record<string, string>, since = "", worker?: string): void {
  lastId = since;
  stream = createPageStream(worker, parameters, HEARER);
  document.addEventListener("visibilitychange", onVisibility);
  globalThis.addEventListener("online", () => open());
  globalThis.addEventListener("pagehide", () => close());
  globalThis.addEventListener("pageshow", (event) => {
    if ((event as PageTransitionEvent).persisted) open();
  });
  setInterval(() => {
    if (!document.hidden) now.value = serverNow();
  }, 1000);
  open();
}

/** Opens the stream anew, unless nobody looks: a tab that opens in the background waits until it is shown. */
function open(): void {
  if (connection.value === "signed-out" || document.hidden) return;
  isOpen = true;
  stream?.open(lastId);
}

function close(): void {
  isOpen = false;
  stream?.close();
}

const HEARER: StreamHearer = {
  event(type, id, data) {
    lastId = id;
    HANDLERS[type]?.(data === "" ? null : JSON.parse(data));
  },
  lost() {
    // The first attempt of a page may meet a sign-in that has ended: that is said then, and nothing before.
    if (connection.value === "live" || hasFailed) connection.value = "offline";
    hasFailed = true;
  },
  signedOut() {
    connection.value = "signed-out";
    close();
  },
};

/** What each type of event does. */
// deno-lint-ignore no-explicit-any
const HANDLERS: Record<string, (data: any) => void> = {
  hello: (data) => {
    aheadMs = data.now - Date.now();
    hasFailed = false;
    connection.value = "live";
  },
  reading: (data) => showReadings(data.readings),
  status: showStatus,
  prediction: predictions.notify,
  anomaly: anomalies.notify,
  alarm: (event: AlarmEvent) => {
    openAlarms.value = event.open;
    alarmEvents.notify(event);
  },
  ticket: tickets.notify,
  event: () => loggedEvents.notify(),
  delivery: () => deliveries.notify(),
  fault: () => faults.notify(),
  camera: cameras.notify,
  command: commands.notify,
  job: jobs.notify,
  reset: () => {
    resets.notify();
    askForAlarms();
  },
};

function onVisibility(): void {
  clearTimeout(hiddenTimer);
  if (document.hidden) hiddenTimer = setTimeout(close, HIDDEN_MS);
  else {
    now.value = serverNow();
    if (!isOpen) open();
  }
}

function showStatus(next: Status): void {
  batch(() => {
    status.value = next;
    openAlarms.value = next.alarms;
    for (const change of next.changes) {
      const key = "sensor" in change ? `sensor ${change.sensor}` : `machine ${change.machine}`;
      setStatus(key, { status: change.status, sinceMs: change.ts });
    }
  });
}

function showReadings(readings: StreamReading[]): void {
  const seen_ms = serverNow();
  readingEvents.notify(readings);
  for (const { sensor, ts, value } of readings) {
    if (latest.has(sensor)) pending.set(sensor, { ts, value, seen_ms });
  }
  flushTimer ??= setTimeout(flush, FLUSH_MS);
}

function flush(): void {
  flushTimer = undefined;
  const values = pending;
  pending = new Map();
  batch(() => {
    now.value = serverNow();
    for (const [sensor, reading] of values) {
      const target = latest.get(sensor)!;
      if (target.value === null || reading.ts >= target.value.ts) target.value = reading;
    }
  });
}
