/** A dump in line protocol as `influx_inspect export` writes it: values of two decimals, nanoseconds, series by series. */
const SENSORS = 200;
const STEP_S = 10;
const START_S = 1_700_000_000;
const FLUSH_LINES = 20_000;
export const DUMP_HEAD =
  "# DDL\nCREATE DATABASE plant WITH NAME autogen\n# DML\n# CONTEXT-DATABASE:plant\n# CONTEXT-RETENTION-POLICY:autogen\n";

/** The same lines for the same number of readings. */
export async function writeDump(path: string, readings: number): Promise<void> {
  using file = await Deno.open(path, { write: true, create: true, truncate: true });
  const encoder = new TextEncoder();
  let text = DUMP_HEAD;
  let seed = 1;
  const random = () => (seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
  const perSensor = Math.floor(readings / SENSORS);
  for (let s = 0, lines = 0; s < SENSORS; s++) {
    let level = 20 + s / 3;
    const head = `press,line=l${s % 8},machine=p${String(s >> 1).padStart(3, "0")} ` +
      (s % 2 === 0 ? "temperature" : "pressure");
    for (let i = 0; i < perSensor; i++, lines++) {
      level += (random() - 0.5) * 0.3;
      const nanos = String(Math.floor(random() * 1e9)).padStart(9, "0");
      text += `${head}=${level.toFixed(2)} ${START_S + i * STEP_S}${nanos}\n`;
      if (lines % FLUSH_LINES === 0) {
        await writeAll(file, encoder.encode(text));
        text = "";
      }
    }
  }
  await writeAll(file, encoder.encode(text));
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
}
