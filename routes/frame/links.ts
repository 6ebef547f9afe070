export { machineTitle, machineTitleAt } from "../../lib/words/names.ts";

/** Address of a machine's page. */
export function machineHref(path: string): string {
  return `/machines/${path.split("/").map(encodeURIComponent).join("/")}`;
}

export function sensorHref(id: string): string {
  return `/sensors/${encodeURIComponent(id)}`;
}

export function alarmHref(id: string): string {
  return `/alarms/${encodeURIComponent(id)}`;
}

export function cameraHref(id: string): string {
  return `/cameras/${encodeURIComponent(id)}`;
}

export function dashboardHref(id: string): string {
  return `/dashboards/${encodeURIComponent(id)}`;
}

export function ticketHref(id: string): string {
  return `/tickets/${encodeURIComponent(id)}`;
}

export function eventHref(id: number): string {
  return `/events/${id}`;
}

/** The editor of the script that a component is; null: it is none. */
export function scriptHref(component: string): string | null {
  const [, kind, name] = /^(codec|detector|fault_detector|driver):(.+)$/.exec(component) ?? [];
  return name === undefined ? null : `/settings/scripts/${kind}/${encodeURIComponent(name)}`;
}

/** All events of a machine. */
export function machineEventsHref(path: string): string {
  return hrefWith("/events", { machine: path });
}

/** A page with what is filtered; what is empty is left out. */
export function hrefWith(
  path: string,
  filter: Readonly<Record<string, string | undefined>>,
): string {
  const given = Object.entries(filter).filter((entry): entry is [string, string] => !!entry[1]);
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`;
}
