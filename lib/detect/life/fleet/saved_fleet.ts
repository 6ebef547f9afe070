/** How a fleet's model is kept. */
import { StateError, StateReader, StateWriter } from "../../bytes.ts";
import { Whitening } from "../../forest/whitening.ts";
import { readBoosted, writeBoosted } from "./boosting.ts";
import { readConditions, writeConditions } from "./conditions.ts";
import type { Band, FleetModel } from "./fleet.ts";
import { featureCount } from "./run_features.ts";

const NAME = "fleet", VERSION = 3;

export function saveFleet(model: FleetModel): Uint8Array {
  const { measure, trees, like, bands } = model;
  const w = new StateWriter(NAME, VERSION, 100_000);
  w.u32(measure.columns).f64(measure.stretch)
    .f64s(measure.centre).f64s(measure.scale).f64s(measure.wear)
    .f64(model.horizon, model.usualLife, model.longest, model.farthest, model.error)
    .u32(model.lives).u32(bands.length);
  for (const { at, low, low2, high } of bands) w.f64(at, low, low2, high);
  writeConditions(w, model.conditions);
  writeBoosted(w, trees);
  like.write(w);
  return w.done();
}

/** @throws StateError when the bytes are not a model of this version */
export function loadFleet(bytes: Uint8Array): FleetModel {
  const r = new StateReader(bytes, NAME, VERSION);
  const columns = r.u32(), stretch = r.f64();
  if (columns < 1 || columns > 4096) throw new StateError("the model of a fleet is damaged");
  const measure = {
    columns,
    stretch,
    centre: r.f64s(new Float64Array(columns)),
    scale: r.f64s(new Float64Array(columns)),
    wear: r.f64s(new Float64Array(columns + 1)),
  };
  const horizon = r.f64(), usualLife = r.f64(), longest = r.f64();
  const farthest = r.f64(), error = r.f64(), lives = r.u32(), count = r.u32();
  if (count < 1 || count > 1000) throw new StateError("the model of a fleet is damaged");
  const bands = Array.from({ length: count }, (): Band => ({
    at: r.f64(),
    low: r.f64(),
    low2: r.f64(),
    high: r.f64(),
  }));
  const conditions = readConditions(r, columns);
  const trees = readBoosted(r, featureCount(columns));
  const like = Whitening.read(r);
  r.end();
  if (like.columns !== columns) throw new StateError("the model of a fleet is damaged");
  return {
    conditions,
    measure,
    trees,
    horizon,
    usualLife,
    longest,
    lives,
    bands,
    like,
    farthest,
    error,
  };
}
