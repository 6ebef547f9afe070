import assert from "node:assert/strict";
import { type ComponentHealth, createComponents } from "./components.ts";

Deno.test("components overall is the worst of its parts, weighed by what is critical", () => {
  const cases: [ComponentHealth, ComponentHealth, string][] = [
    ["ok", "ok", "Healthy"],
    ["ok", "off", "Healthy"],
    ["ok", "degraded", "Degraded"],
    ["ok", "error", "Partial"],
    ["degraded", "error", "Partial"],
    ["error", "ok", "Error"],
  ];
  for (const [storage, mqtt, overall] of cases) {
    const components = createComponents(["storage"]);
    components.register("storage", () => ({ health: storage, detail: "" }));
    components.register("mqtt", () => ({ health: mqtt, detail: "" }));
    assert.equal(components.overall(), overall, `${storage} ${mqtt}`);
  }
});
