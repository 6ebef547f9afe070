/** Values of one unit as values of another. Pure: the browser shows with it what the server stores. */

/** `value × factor + offset` turns a value of one unit into another. */
export interface Conversion {
  factor: number;
  offset: number;
}

/** Twelve digits: what the factors are good for, without their noise (68 °F is 20 °C). */
export function converted({ factor, offset }: Conversion, value: number): number {
  const exactly = value * factor + offset;
  return Number.isFinite(exactly) ? Number(exactly.toPrecision(12)) : exactly;
}

/** A reading as it is shown: what is no number stays. */
export function shownIn<T>(conversion: Conversion | null | undefined, value: T): T {
  return conversion && typeof value === "number" ? converted(conversion, value) as T : value;
}
