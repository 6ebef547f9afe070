import { nameId } from "../base/ids.ts";
import { lastLevel } from "../words/names.ts";
import { levelsOf, type NewSensor, type Sensor } from "./sensor.ts";

/**
 * The sensors in memory, by all that finds them. A sensor that a reading created is found by name and number
 * at once and hidden from people until its rows are on disk.
 */
export class SensorIndex {
  /** Deleted ones too; a sensor that is about to be renamed stands under both names. */
  readonly byName = new Map<string, Sensor>();
  readonly byNum: Sensor[] = [];
  readonly #byId = new Map<string, Sensor>();
  /** `machine/sensor` → sensors with that ending. */
  readonly #byShort = new Map<string, Sensor[]>();
  #visible: Sensor[] = [];
  #hidden: Sensor[] = [];
  /** Hidden sensors whose statements are in the transaction under way. */
  #inFlight: Sensor[] = [];
  #sorted = true;
  #nextNum = 1;

  /** Adds a sensor that was loaded: its rows are on disk. */
  load(sensor: Sensor): void {
    this.#put(sensor);
    if (sensor.deletedMs !== null) return;
    this.#visible.push(sensor);
    this.#sorted = false;
  }

  /** Makes a sensor with the next number and a free id. It stays hidden. */
  make(given: NewSensor, review: Sensor["review"], createdMs: number): Sensor {
    const sensor: Sensor = {
      num: this.#nextNum,
      id: this.#freeId(given.name),
      ...levelsOf(given.name),
      deviceUnit: null,
      ...given,
      otherUnits: [],
      states: [],
      review,
      createdMs,
      deletedMs: null,
      last: null,
    };
    this.#put(sensor);
    this.#hidden.push(sensor);
    return sensor;
  }

  /** The number is never given to a new sensor: the journal may still name one whose row is gone. */
  reserve(num: number): void {
    this.#nextNum = Math.max(this.#nextNum, num + 1);
  }

  /** A sensor that a person sees: by id, full name, or an ending that only one has. */
  find(idOrName: string, presentName: string | null): Sensor | undefined {
    const exact = this.#byId.get(idOrName) ?? this.byName.get(idOrName) ??
      (presentName === null ? undefined : this.byName.get(presentName));
    if (exact) return exact.deletedMs === null ? exact : undefined;
    const short = this.#byShort.get(idOrName)?.filter((sensor) => sensor.deletedMs === null);
    return short?.length === 1 ? short[0] : undefined;
  }

  byId(id: string): Sensor | undefined {
    return this.#byId.get(id);
  }

  /** Visible ones, sorted by name. */
  all(): readonly Sensor[] {
    if (!this.#sorted) {
      this.#visible.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
      this.#sorted = true;
    }
    return this.#visible;
  }

  deleted(): readonly Sensor[] {
    return this.byNum.filter((sensor) => sensor?.deletedMs != null);
  }

  /** Changes a sensor's fields; another name moves it under that. */
  change(sensor: Sensor, to: Partial<Sensor>): void {
    if (to.name === undefined || to.name === sensor.name) Object.assign(sensor, to);
    else {
      this.byName.delete(sensor.name);
      this.#dropShort(sensor);
      Object.assign(sensor, to, levelsOf(to.name));
      this.byName.set(sensor.name, sensor);
      this.#putShort(sensor);
    }
    this.show([sensor]);
  }

  /** Gives a sensor a further name; the function takes it back unless the sensor bears it by then. */
  claim(sensor: Sensor, name: string): () => void {
    if (this.byName.has(name)) return () => {};
    this.byName.set(name, sensor);
    return () => {
      if (sensor.name !== name) this.byName.delete(name);
    };
  }

  drop(sensor: Sensor): void {
    this.byName.delete(sensor.name);
    this.#byId.delete(sensor.id);
    delete this.byNum[sensor.num];
    this.#dropShort(sensor);
  }

  /** Makes sensors visible, unless they are deleted. */
  show(sensors: readonly Sensor[]): void {
    const both = new Set([...this.#visible, ...sensors]);
    this.#visible = [...both].filter((sensor) => sensor.deletedMs === null);
    this.#sorted = false;
  }

  /** Whoever made this sensor shows it; it does not appear with a commit group. */
  unhide(sensor: Sensor): void {
    this.#hidden = this.#hidden.filter((one) => one !== sensor);
  }

  /** The hidden sensors' rows go into a transaction. */
  beginCommit(): void {
    this.#inFlight = this.#hidden;
    this.#hidden = [];
  }

  committed(): void {
    if (this.#inFlight.length === 0) return;
    this.show(this.#inFlight);
    this.#inFlight = [];
  }

  failed(): void {
    this.#hidden = [...this.#inFlight, ...this.#hidden];
    this.#inFlight = [];
  }

  #put(sensor: Sensor): void {
    this.byName.set(sensor.name, sensor);
    this.#byId.set(sensor.id, sensor);
    this.byNum[sensor.num] = sensor;
    this.#putShort(sensor);
    this.reserve(sensor.num);
  }

  #putShort(sensor: Sensor): void {
    const short = shortName(sensor);
    this.#byShort.set(short, [...(this.#byShort.get(short) ?? []), sensor]);
  }

  #dropShort(sensor: Sensor): void {
    const short = shortName(sensor);
    this.#byShort.set(short, this.#byShort.get(short)!.filter((one) => one !== sensor));
  }

  // A renamed sensor keeps the id of its old name; a new sensor of that name then takes the next free one.
  #freeId(name: string): string {
    let id = nameId(name);
    for (let i = 2; this.#byId.has(id); i++) id = nameId(`${name}#${i}`);
    return id;
  }
}

function shortName(sensor: Sensor): string {
  return `${lastLevel(sensor.machine)}/${sensor.sensor}`;
}
