/** What tiles name, as it is stored: ids, which outlive a new name. */
import { PerchError } from "../base/errors.ts";
import { isUnder } from "../machines/machine.ts";
import type { MachineDirectory, SensorDirectory } from "../machines/sensor.ts";
import type { Tile } from "./dashboard.ts";

interface Directories {
  sensors: Pick<SensorDirectory, "find">;
  machines: Pick<MachineDirectory, "find" | "all">;
}

/**
 * Tiles with ids instead of names. What `before` had already may stay, also when it is gone meanwhile.
 * @throws PerchError `validation` naming the tile and what is not there
 */
export function resolveTiles(
  tiles: readonly Tile[],
  before: readonly Tile[],
  { sensors, machines }: Directories,
): Tile[] {
  const known = new Set(before.flatMap(namesOf));

  function sensorId(name: string, path: string): string {
    const found = sensors.find(name);
    if (found) return found.id;
    if (known.has(name)) return name;
    throw invalid(path, `there is no sensor "${name.slice(0, 200)}"`);
  }

  function place(name: string, path: string): string {
    const machine = machines.find(name);
    if (machine && machine.deletedMs === null) return machine.id;
    if (known.has(name) || machines.all().some((one) => isUnder(one.path, name))) return name;
    throw invalid(path, `there is no machine and no area "${name.slice(0, 200)}"`);
  }

  return tiles.map((tile, i) => {
    const at = `tiles.${i}`;
    switch (tile.kind) {
      case "value":
        return { ...tile, sensor: sensorId(tile.sensor, `${at}.sensor`) };
      case "chart":
        return { ...tile, sensors: tile.sensors.map((one) => sensorId(one, `${at}.sensors`)) };
      case "table": {
        const { machine } = tile;
        if (tile.sensors.length === 0 && !machine) {
          throw invalid(`${at}.sensors`, "name at least one sensor, or a machine");
        }
        return {
          ...tile,
          sensors: tile.sensors.map((one) => sensorId(one, `${at}.sensors`)),
          ...(machine ? { machine: place(machine, `${at}.machine`) } : {}),
        };
      }
      case "status":
        return tile.machine ? { ...tile, machine: place(tile.machine, `${at}.machine`) } : tile;
      case "text":
        return tile;
    }
  });
}

/** Every sensor, machine and area that a tile names. */
function namesOf(tile: Tile): string[] {
  switch (tile.kind) {
    case "value":
      return [tile.sensor];
    case "chart":
      return tile.sensors;
    case "table":
      return [...tile.sensors, ...(tile.machine ? [tile.machine] : [])];
    case "status":
      return tile.machine ? [tile.machine] : [];
    case "text":
      return [];
  }
}

function invalid(path: string, message: string): PerchError {
  return new PerchError("validation", `${path}: ${message}`, { errors: [{ path, message }] });
}
