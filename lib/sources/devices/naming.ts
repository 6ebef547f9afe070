/** Names of machines and sensors from what devices call themselves. */
import { nameFault } from "../../machines/names.ts";
import { levelOf } from "../dialects/level.ts";

const LEVEL_CHARS_MOST = 120;
const AREA_LEVELS_MOST = 4;

/** A text of a device as one level of a name; null where nothing of it can be one. */
function levelFrom(text: string | null | undefined): string | null {
  const level = levelOf((text ?? "").trim()).slice(0, LEVEL_CHARS_MOST).trim().toWellFormed();
  return level === "" || nameFault(`${level}/x`) !== null ? null : level;
}

/** Where a device's machine stands when it is made: its area and its name; of several free names the first. */
export function machinePath(
  device: { uid: string; name: string; area?: string },
  isTaken: (path: string) => boolean,
): string {
  const level = levelFrom(device.name) ?? levelFrom(device.uid) ?? "device";
  return firstFree([...areaFrom(device.area), level].join("/"), isTaken);
}

/** The levels of an area: a hall, and a line in it. */
function areaFrom(area: string | undefined): string[] {
  return (area ?? "").split("/").slice(0, AREA_LEVELS_MOST).flatMap((level) =>
    levelFrom(level) ?? []
  );
}

/** What a sensor of a machine is called when it is made. */
export function sensorPath(
  machine: string,
  entity: { uid: string; name: string | null },
  device: { name: string },
  isTaken: (path: string) => boolean,
): string {
  const level = levelFrom(entity.name ?? device.name) ?? levelFrom(entity.uid) ?? "value";
  return firstFree(`${machine}/${level}`, isTaken);
}

function firstFree(name: string, isTaken: (name: string) => boolean): string {
  if (!isTaken(name)) return name;
  for (let i = 2;; i++) if (!isTaken(`${name} ${i}`)) return `${name} ${i}`;
}
