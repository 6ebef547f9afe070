import process from "node:process";

/*
 * npm modules read variables of their own (`DEBUG`, `READABLE_STREAM` …) while they load. Perch's
 * permissions name each variable it uses, so such a read would throw and the module would not load.
 * Importing this file first makes a denied variable read as absent (and writing to it do nothing). It grants nothing.
 */
const real = process.env;

function orElse<T>(read: () => T, fallback: T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return fallback;
    throw error;
  }
}

// The target is an empty object: with the real one, the engine itself would look there after each trap.
process.env = new Proxy({} as typeof real, {
  get: (_, name) => orElse(() => Reflect.get(real, name), undefined),
  set: (_, name, value) => orElse(() => Reflect.set(real, name, value), true),
  deleteProperty: (_, name) => orElse(() => Reflect.deleteProperty(real, name), true),
  has: (_, name) => orElse(() => Reflect.has(real, name), false),
  ownKeys: () => orElse(() => Reflect.ownKeys(real), []),
  getOwnPropertyDescriptor: (_, name) =>
    orElse(() => Reflect.getOwnPropertyDescriptor(real, name), undefined),
});
