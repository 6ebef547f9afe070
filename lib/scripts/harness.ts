/**
 * What runs inside the interpreter before a script: it hands inputs to the script's functions and collects the
 * answers as JSON. It holds the built-ins that it needs before a script can replace them. What a script can forge is
 * its own answers, and those are looked at outside.
 */
import { LIMITS } from "./limits.ts";

/** Answers an object of functions that the worker keeps; no script reaches it. */
export const HARNESS = `(function () {
  "use strict";
  const { parse, stringify } = JSON;
  const { keys } = Object;
  const now = Date.now;
  const Waiting = Promise;
  const Short = InternalError;
  const MOST = ${LIMITS.outputChars};
  const TOO_LARGE = '{"thrown":{"name":"Output","message":"","stack":""}}';
  for (const name of ["Atomics", "SharedArrayBuffer", "performance", "queueMicrotask"]) {
    delete globalThis[name];
  }
  const functions = { __proto__: null };
  let inputs = null, at = 0, out = "", folding = false, state, stateText = null;

  function thrown(e) {
    let name = "", message = "", stack = "";
    try {
      if (typeof e === "object" && e !== null) {
        name = "" + e.name;
        message = "" + e.message;
        stack = "" + e.stack;
      } else message = "" + e;
    } catch {}
    return { name, message, stack };
  }
  function failed(e) {
    try { return '{"thrown":' + stringify(thrown(e)) + "}"; } catch { return '{"thrown":{"name":"","message":"","stack":""}}'; }
  }
  function answer(given) {
    if (typeof given === "object" && given !== null && typeof given.then === "function") {
      throw new TypeError("it answered a promise, and has to answer at once");
    }
    const text = stringify(given);
    return '{"ok":' + (text === undefined ? "null" : text) + "}";
  }
  // No state is undefined, so that a script can give it a default.
  const stateOf = (text) => parse(text) ?? undefined;
  function step(fn, input) {
    if (!folding) return answer(fn(input));
    const given = fn(state, input);
    if (typeof given !== "object" || given === null) {
      throw new TypeError("it has to answer an object with state and findings");
    }
    const { state: next, ...rest } = given;
    const part = answer(rest);
    const text = stringify(next);
    if (text !== undefined && text.length > MOST) return TOO_LARGE;
    state = next;
    stateText = text === undefined ? null : text;
    return part;
  }
  return {
    describe: (e) => stringify(thrown(e)),
    load(ns) {
      if (ns instanceof Waiting) return "waits";
      const exports = {};
      const names = [];
      for (const name of keys(ns)) {
        const value = ns[name];
        if (typeof value === "function") {
          functions[name] = value;
          names[names.length] = name;
        } else exports[name] = value;
      }
      return stringify({ exports, functions: names });
    },
    begin(text, withState) {
      inputs = parse(text);
      at = 0;
      out = "";
      folding = withState !== null;
      stateText = withState;
      state = folding ? stateOf(withState) : undefined;
    },
    turn(name) {
      const fn = functions[name];
      const until = now() + ${LIMITS.turnMs};
      while (at < inputs.length) {
        let part;
        try {
          part = step(fn, inputs[at]);
        } catch (e) {
          // The rest of the batch gets an interpreter that is empty again.
          if (e instanceof Short && e.message === "out of memory") throw e;
          part = failed(e);
          if (folding) state = stateText === null ? undefined : stateOf(stateText);
        }
        if (part.length > MOST) part = TOO_LARGE;
        if (out.length + part.length > MOST) return false;
        out = out === "" ? part : out + "," + part;
        at++;
        if (now() >= until) return at >= inputs.length;
      }
      return true;
    },
    at: () => at,
    take() {
      const text = "[" + out + "]";
      out = "";
      return text;
    },
    state: () => stateText,
    forget() {
      inputs = null;
      state = undefined;
    },
  };
})()`;

/** For scripts whose answers must be the same when a stored day is replayed. */
export const DETERMINISTIC = `(function () {
  "use strict";
  const Real = Date;
  const refuse = (what, instead) => {
    throw new Error(what + " is not there: " + instead);
  };
  function Time(...given) {
    if (new.target === undefined || given.length === 0) {
      refuse("the time of now", "the same readings must give the same findings; use t_ms");
    }
    return Reflect.construct(Real, given, new.target);
  }
  Time.prototype = Real.prototype;
  Time.UTC = Real.UTC;
  Time.parse = Real.parse;
  Time.now = () => refuse("Date.now", "the same readings must give the same findings; use t_ms");
  Object.defineProperty(Real.prototype, "constructor", { value: Time, writable: true, configurable: true });
  Object.defineProperty(globalThis, "Date", { value: Time, writable: true, configurable: true });
  Math.random = () => refuse("Math.random", "the same readings must give the same findings");
  delete globalThis.WeakRef;
  delete globalThis.FinalizationRegistry;
})()`;
