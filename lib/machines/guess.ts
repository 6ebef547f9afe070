/** Units that a sensor's name gives away beyond doubt; anything else stays without a unit until someone says. */
const UNIT_BY_WORD: Readonly<Record<string, string>> = {
  temperature: "°C",
  temp: "°C",
  humidity: "%",
  rpm: "rpm",
  ph: "pH",
  voltage: "V",
  battery: "%",
  co2: "ppm",
  lux: "lx",
};

/**
 * Guesses the unit from the words of a sensor's name (`oven_temperature` → `°C`).
 * Null when no word is known: a wrong unit is worse than none.
 */
export function guessUnit(sensorName: string): string | null {
  const words = sensorName.replace(/([a-z0-9])([A-Z])/g, "$1 $2").toLowerCase().split(/[^a-z0-9]+/);
  for (const word of words) {
    if (Object.hasOwn(UNIT_BY_WORD, word)) return UNIT_BY_WORD[word];
  }
  return null;
}
