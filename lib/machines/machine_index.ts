import type { SqlStatement } from "../db/client.ts";
import { type Machine, newMachine } from "./machine.ts";
import { levelsOf, type MachineDirectory } from "./sensor.ts";
import { addMachineStatement } from "./store.ts";

/** The machines in memory, by path, by id, and by the paths that they had before they were moved. */
export class MachineIndex {
  readonly #byPath = new Map<string, Machine>();
  readonly #byId = new Map<string, Machine>();
  readonly #former = new Map<string, Machine>();

  readonly directory: MachineDirectory = {
    find: (pathOrId) => this.#byPath.get(pathOrId) ?? this.#byId.get(pathOrId),
    all: () => [...this.#byPath.values()].filter((m) => m.deletedMs === null).sort(byPath),
    deleted: () =>
      [...this.#byPath.values()].filter((m) => m.deletedMs !== null)
        .sort((a, b) => b.deletedMs! - a.deletedMs!),
    former: (path) => this.#former.get(path),
  };

  at(path: string): Machine | undefined {
    return this.#byPath.get(path);
  }

  /** Adds a machine, or puts it under its present and former paths. */
  put(machine: Machine): void {
    this.drop(machine);
    this.#byPath.set(machine.path, machine);
    this.#byId.set(machine.id, machine);
    for (const path of machine.formerPaths) this.#former.set(path, machine);
  }

  drop({ id }: Machine): void {
    for (const [path, one] of this.#byPath) if (one.id === id) this.#byPath.delete(path);
    for (const [path, one] of this.#former) if (one.id === id) this.#former.delete(path);
    this.#byId.delete(id);
  }

  /** Makes the machine at a path when there is none yet; gives the statements that write it. */
  ensure(path: string, createdMs: number): SqlStatement[] {
    if (this.#byPath.has(path)) return [];
    const machine = newMachine(path, createdMs, (id) => this.#byId.has(id));
    this.put(machine);
    return [addMachineStatement(machine)];
  }

  /** The present name of a sensor whose machine was moved; null when it was not. */
  presentName(name: string): string | null {
    if (this.#former.size === 0) return null;
    const { machine, sensor } = levelsOf(name);
    const moved = this.#former.get(machine);
    return moved === undefined ? null : `${moved.path}/${sensor}`;
  }
}

function byPath(a: Machine, b: Machine): number {
  return a.path < b.path ? -1 : 1;
}
