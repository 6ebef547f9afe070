import assert from "node:assert/strict";
import { PerchError } from "../base/errors.ts";
import type { OrderSpec } from "../machines/order.ts";
import { DEFAULT_SETTINGS } from "../machines/sensor_settings.ts";
import { mqttMessage } from "./mqtt_way.ts";
import { orderValue, shows, valueOfText } from "./value.ts";

const way = { dialect: "mqtt", to: { topic: "a/b" } };
const number: OrderSpec = { kind: "number", min: 5, max: 80, step: 0.1, way };
const select: OrderSpec = { kind: "select", options: ["auto", "manual"], way };
const FREE = { min: null, max: null };
const sensor = (kind: "number" | "binary" | "text", states: string[] = [], settings = {}) => ({
  ...{ kind, states, settings: { ...DEFAULT_SETTINGS, ...settings } },
});

Deno.test("orderValue: what cannot be ordered is refused with what is allowed", () => {
  const cases: [OrderSpec, { min: number | null; max: number | null }, unknown, string][] = [
    [number, FREE, 81, "must be from 5 to 80; it is 81"],
    [number, FREE, 4.9, "must be from 5 to 80; it is 4.9"],
    [number, { min: 10, max: 20 }, 21, "must be from 10 to 20; it is 21"],
    [number, { min: 0, max: 500 }, 81, "must be from 5 to 80; it is 81"],
    [number, { min: 90, max: 95 }, 50, "its limits leave nothing"],
    [number, FREE, 20.05, "must be 5 or some steps of 0.1 from it; it is 20.05"],
    [number, FREE, "20", 'must be a number from 5 to 80; it is "20"'],
    [number, FREE, NaN, "must be a number from 5 to 80; it is NaN"],
    [number, FREE, Infinity, "must be a number from 5 to 80; it is Infinity"],
    [number, FREE, true, "must be a number"],
    [number, FREE, undefined, "it is nothing"],
    [select, FREE, "of", 'must be one of auto, manual; it is "of"'],
    [select, FREE, 1, "must be one of auto, manual; it is 1"],
    [{ kind: "select", way }, FREE, "a", "must be one of"],
    [{ kind: "switch", way }, FREE, "on", 'must be true or false; it is "on"'],
    [{ kind: "switch", way }, FREE, 1, "must be true or false; it is 1"],
    [{ kind: "button", way }, FREE, false, "must be true: a button is pressed; it is false"],
  ];
  for (const [spec, own, given, message] of cases) {
    assert.throws(() => orderValue(spec, own, given), (error: PerchError) => {
      assert.equal(error.code, "validation");
      assert.deepEqual(error.errors.map(({ path }) => path), ["value"]);
      assert.ok(error.message.includes(message), `${error.message}, not ${message}`);
      return true;
    });
  }
  for (const steps of [0, 1, 3, 7, 749, 750]) orderValue(number, FREE, 5 + steps * 0.1);
  assert.equal(orderValue(select, FREE, "manual"), "manual");
  assert.equal(orderValue({ kind: "button", way }, FREE, undefined), true);
});

Deno.test("shows: a number within half a step, in what its sensor is calibrated to; words of a switch", () => {
  const fine = sensor("number");
  assert.ok(shows({ kind: "number", step: 0.5 }, 21, fine, 21.24));
  assert.ok(!shows({ kind: "number", step: 0.5 }, 21, fine, 21.3));
  assert.ok(shows({ kind: "number" }, 0.1 + 0.2, fine, 0.3));
  assert.ok(!shows({ kind: "number" }, 21, fine, 21.01));
  const fahrenheit = sensor("number", [], { scale: 1.8, offset: 32 });
  assert.ok(shows({ kind: "number", step: 1 }, 20, fahrenheit, 68));
  assert.ok(!shows({ kind: "number", step: 1 }, 20, fahrenheit, 20));
  assert.ok(shows({ kind: "switch" }, true, sensor("binary"), 1));
  assert.ok(!shows({ kind: "switch" }, true, sensor("binary"), 0));
  assert.ok(shows({ kind: "switch" }, false, sensor("text", ["ON", "OFF"]), 1));
  assert.ok(!shows({ kind: "switch" }, false, sensor("text", ["ON", "OFF"]), 0));
  assert.ok(shows({ kind: "select" }, "auto", sensor("text", ["manual", "auto"]), 1));
  assert.ok(!shows({ kind: "select" }, "auto", sensor("text", ["manual"]), 1));
  assert.ok(shows({ kind: "select" }, "2", fine, 2));
  assert.ok(!shows({ kind: "select" }, "", fine, 0));
});

Deno.test("valueOfText: what a form's text stands for; nonsense stays a text", () => {
  assert.deepEqual(
    [
      ["switch", "on"],
      ["switch", "ON"],
      ["number", "21,5"],
      ["number", ""],
      ["number", "x"],
      ["button", ""],
    ].map(([kind, text]) => valueOfText(kind as OrderSpec["kind"], text)),
    [true, "ON", 21.5, "", "x", true],
  );
});

Deno.test("mqttMessage: the value stands where the payload says, and breaks no JSON", () => {
  const made = (kind: OrderSpec["kind"], payload: string, value: number | boolean | string) =>
    mqttMessage({ kind, way: { dialect: "mqtt", to: { topic: "t", payload } } }, value)?.payload;
  assert.equal(made("switch", "{value}", true), "ON");
  assert.equal(made("switch", '{"state":"{value}"}', false), '{"state":"OFF"}');
  assert.equal(made("number", '{"v":{value}}', 1.5), '{"v":1.5}');
  assert.equal(made("select", "{value}", 'a "b"'), 'a "b"');
  const json = String(made("select", `{"m":"{value}"}`, `a "b" $&`));
  assert.deepEqual(JSON.parse(json), { m: 'a "b" $&' });
  assert.equal(made("button", "GO", true), "GO");
  assert.equal(mqttMessage({ kind: "button", way: { dialect: "mqtt", to: {} } }, true), null);
});
