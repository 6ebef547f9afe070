import type { SensorKind } from "../../../readings/reading.ts";
import type { Plan } from "./plan.ts";

/** What was read from a topic before it was announced. */
export interface Adoption {
  entityUid: string | null;
  kind?: SensorKind;
  deviceUid: string;
  /** It is the announced one's now. */
  taken?(): void;
}

/** Who knows what was read before: `property` is the key of the JSON, null the whole payload. */
export type Adopter = (topic: string, property: string | null) => Adoption | null;

/**
 * Devices that announce themselves are also understood before they did: whichever message comes first, sensor and
 * history are one. Asks those who read topics by how they look.
 */
export class Adoptions {
  readonly #adopters: Adopter[] = [];

  add(adopter: Adopter): void {
    this.#adopters.push(adopter);
  }

  of({ read }: Plan, path: readonly (string | number)[] | null): Adoption | null {
    if (read === undefined) return null;
    const property = read.template === undefined ? null : propertyOf(path);
    if (property === undefined) return null;
    for (const adopter of this.#adopters) {
      const found = adopter(read.topic, property);
      if (found !== null) return found;
    }
    return null;
  }
}

function propertyOf(path: readonly (string | number)[] | null): string | undefined {
  return path === null || path.length === 0 ? undefined : path.join(".");
}
