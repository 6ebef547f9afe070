/** Pictures of machines. The file is stored before the machine's row names it, and removed after. */
import type { Clock } from "../base/clock.ts";
import { PerchError } from "../base/errors.ts";
import type { FileStore } from "../base/file_store.ts";
import type { Log } from "../base/log.ts";
import type { Task } from "../base/supervisor.ts";
import type { Audited } from "../events/audit_change.ts";
import { DAY_MS } from "../words/times.ts";
import { type Machine, machineKey } from "./machine.ts";
import type { MachineDirectory } from "./sensor.ts";
import type { MachinesService } from "./service.ts";

export const PHOTO_TYPES = ["image/png", "image/jpeg", "image/webp"] as const;
export const PHOTO_BYTES_MOST = 8_000_000;
export const ALT_CHARS_MOST = 200;

export interface Photos {
  /**
   * Gives the machine a picture in place of the one it has.
   * @throws PerchError `not_found`, and what `FileStore.put` throws
   */
  put(pathOrId: string, bytes: Uint8Array, alt: string, audited: Audited): Promise<Machine>;
  /** What the picture shows, in words. @throws PerchError `not_found` */
  describe(pathOrId: string, alt: string, audited: Audited): Promise<Machine>;
  /** @throws PerchError `not_found` */
  remove(pathOrId: string, audited: Audited): Promise<Machine>;
  /** A picture that a machine has, by the name of its file; null when there is none. */
  read(file: string): Promise<{ type: string; bytes: Uint8Array<ArrayBuffer> } | null>;
  /** Removes files that no machine names, at start and once a day. */
  task: Task;
}

const FIRST_MS = 60_000;

export function createPhotos(deps: {
  files: FileStore;
  machines: MachineDirectory;
  service: Pick<MachinesService, "patchMachine">;
  clock: Clock;
  log: Log;
}): Photos {
  const { files, machines, service } = deps;

  function machineOf(pathOrId: string): Machine {
    const machine = machines.find(pathOrId);
    if (machine && machine.deletedMs === null) return machine;
    throw new PerchError("not_found", `there is no machine "${pathOrId.slice(0, 200)}"`, {
      about: machine && [machineKey(machine)],
    });
  }

  function withPhoto(pathOrId: string) {
    const machine = machineOf(pathOrId);
    if (machine.photo !== null) return { machine, photo: machine.photo };
    throw new PerchError("not_found", `the machine ${machine.path} has no photo`, {
      about: [machineKey(machine)],
    });
  }

  const all = () => [...machines.all(), ...machines.deleted()];

  return {
    async put(pathOrId, bytes, alt, audited) {
      const { id } = machineOf(pathOrId);
      let before: string | null = null;
      const machine = await files.put(bytes, async ({ name, type, bytes, picture }) => {
        before = machineOf(id).photo?.file ?? null;
        const photo = { file: name, type, bytes, ...picture!, alt };
        return await service.patchMachine(id, { photo }, audited);
      });
      if (before !== null) await files.remove(before);
      return machine;
    },
    async describe(pathOrId, alt, audited) {
      const { machine, photo } = withPhoto(pathOrId);
      return await service.patchMachine(machine.id, { photo: { ...photo, alt } }, audited);
    },
    async remove(pathOrId, audited) {
      const { machine, photo } = withPhoto(pathOrId);
      const done = await service.patchMachine(machine.id, { photo: null }, audited);
      await files.remove(photo.file);
      return done;
    },
    async read(file) {
      const photo = all().find((machine) => machine.photo?.file === file)?.photo;
      if (!photo) return null;
      const bytes = await files.read(file);
      return bytes === null ? null : { type: photo.type, bytes };
    },
    task: {
      name: "photos",
      async run(signal) {
        await deps.clock.sleep(FIRST_MS, signal);
        for (;;) {
          const named = () =>
            Promise.resolve(new Set(all().flatMap(({ photo }) => photo ? [photo.file] : [])));
          const removed = await files.sweep(named);
          if (removed > 0) deps.log.info("removed photos that no machine has", { removed });
          await deps.clock.sleep(DAY_MS, signal);
        }
      },
    },
  };
}
