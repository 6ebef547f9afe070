/**
 * uPlot without what no chart of Perch uses: bars, steps and splines; joining, logarithms; its legend and its own
 * texts of times. 4 kB less for every page with a chart: how they are registered keeps a bundler from seeing that.
 */
import { join } from "node:path";

/** What stands in it, and what takes its place. */
const CHANGES: readonly [found: string, instead: string][] = [
  // All scales are linear, all columns share their times, in seconds.
  ["const mode = self.mode;", "const mode = 1;"],
  ["const mode = u.mode;", "const mode = 1;"],
  ["let mode = self.mode;", "const mode = 1;"],
  ["const ms = opts.ms || 1e-3;", "const ms = 1e-3;"],
  ["let distr = sc.distr;", "const distr = 1;"],
  ...[
    "wsc.distr == 3",
    "sc.distr == 2",
    "sc.distr == 3",
    "sc.distr == 4",
    "sc.distr == 100",
    "sc.distr >= 3",
  ]
    .map((found): [string, string] => [found, "false"]),
  ...["scale.distr == 2", "scale.distr == 3"].map((found): [string, string] => [found, "false"]),
  ["paths.stepped = stepped;", ""],
  ["paths.bars = bars;", ""],
  ["paths.spline = monotoneCubic;", ""],
  ["uPlot.join = join;", ""],
  ["uPlot.addGap = addGap;", ""],
  ["uPlot.clipGaps = clipGaps;", ""],
  ["uPlot.rangeLog = rangeLog;", ""],
  ["uPlot.rangeAsinh = rangeAsinh;", ""],
  ["uPlot.fmtDate = fmtDate;", ""],
  // All charts give their axes the texts, and show no legend.
  ["const showLegend = legend.show;", "const showLegend = false;"],
  ["    timeIncrs,\n    _timeAxisStamps,\n", "    timeIncrs,\n    null,\n"],
  ["const _fmtDate = opts.fmtDate || fmtDate;", ""],
  [
    "timeAxisVals(_tzDate, timeAxisStamps(ms == 1 ? _timeAxisStampsMs : _timeAxisStampsS, _fmtDate))",
    "null",
  ],
  ["timeSeriesVal(_tzDate, timeSeriesStamp(_timeSeriesStamp, _fmtDate))", "null"],
  ["isArr(av) ? timeAxisVals(_tzDate, timeAxisStamps(av, _fmtDate)) : (", "("],
  ["isStr(av) ? timeAxisVal(_tzDate, av) : av || _timeAxisVals", "av"],
  [
    "isTime ? isStr(sv) ? timeSeriesVal(_tzDate, timeSeriesStamp(sv, _fmtDate)) : sv || _timeSeriesVal : sv || numSeriesVal",
    "sv || numSeriesVal",
  ],
];

/**
 * Writes it and an import map with it into `folder`, and gives the map's path.
 * @throws Error where this uPlot is not built as the one that was looked at: look again, and change `CHANGES`
 */
export async function leanUplot(root: string, folder: string): Promise<string> {
  const entry = join(folder, "entry.js"), whole = join(folder, "whole.js");
  await Deno.writeTextFile(entry, 'export { default } from "uplot";\n');
  const config = join(root, "deno.json");
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", "--config", config, "--platform=browser", "-o", whole, entry],
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  let text = await Deno.readTextFile(whole);
  for (const [found, instead] of CHANGES) {
    const whole = new RegExp(`(?<!\\w)${RegExp.escape(found)}`, "g");
    if (!whole.test(text)) throw new Error(`.ci/lean_uplot.ts: uPlot has no "${found}" any more`);
    text = text.replace(whole, instead);
  }
  await Deno.writeTextFile(join(folder, "uplot.js"), text);
  const { imports } = JSON.parse(await Deno.readTextFile(config));
  const map = join(folder, "imports.json");
  await Deno.writeTextFile(map, JSON.stringify({ imports: { ...imports, uplot: "./uplot.js" } }));
  return map;
}
