/** What is measured of the host at the moment, card by card. */
import type { ComponentChildren, VNode } from "preact";
import { POWER_BITS } from "../../lib/health/history/power.ts";
import type { HostReport } from "../../lib/health/history/report.ts";
import { YEARS_MOST } from "../../lib/health/history/writes.ts";
import { bytes, exact, number } from "../../lib/words/numbers.ts";
import { span } from "../../lib/words/times.ts";
import { Fact, Facts, More, Table } from "../frame/parts.tsx";
import { Ago } from "../frame/times.tsx";

const NOT_MEASURED = "not measured";

const percent = (share: number) => `${number(share * 100, 1)} %`;

/** What `text` makes of a value, or that it is not measured. */
function measured<T>(value: T | null, text: (value: T) => string): ComponentChildren {
  return value === null ? <span class="muted">{NOT_MEASURED}</span> : text(value);
}

function Card(
  { id, title, children }: { id: string; title: string; children: ComponentChildren },
): VNode {
  return (
    <section class="card" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {children}
    </section>
  );
}

/** Processor, memory, disk, heat. */
export function Machine({ report }: { report: HostReport }): VNode {
  const { cpu, cores, load, memory, disk, temperatures, pressure, fans } = report;
  return (
    <Card id="machine" title="Machine">
      <Facts>
        <Fact name="CPU">
          {measured(cpu, ({ used }) =>
            cores === null
              ? percent(used)
              : `${percent(used)} of ${cores} ${cores === 1 ? "core" : "cores"}`)}
        </Fact>
        <Fact name="Frequency">
          {measured(report.frequency_mhz, (mhz) =>
            `${number(mhz, 0)} MHz`)}
        </Fact>
        <Fact name="Load">
          {measured(load, (values) =>
            values.map((value) => number(value, 2)).join(", "))}
        </Fact>
        <Fact name="Memory">
          {measured(
            memory,
            ({ used, total_bytes }) => `${percent(used)} of ${bytes(total_bytes)}`,
          )}
        </Fact>
        <Fact name="Swap">
          {measured(memory, ({ swap_total_bytes: total, swap_free_bytes: free }) =>
            total === 0 ? "none" : `${bytes(total - free)} of ${bytes(total)}`)}
        </Fact>
        <Fact name="Disk">
          {measured(disk, ({ used, total_bytes, free_bytes }) =>
            `${percent(used)} of ${bytes(total_bytes)}, ${bytes(free_bytes)} free`)}
        </Fact>
        <Fact name="Temperature">
          {temperatures.length === 0
            ? measured(null, String)
            : temperatures.map(({ name, celsius }, i) => (
              <div key={name}>
                {number(celsius, 1)} °C
                {(i > 0 || temperatures.length > 1) && <span class="muted">{` ${name}`}</span>}
              </div>
            ))}
        </Fact>
        {fans.map(({ name, rpm }) => <Fact key={name} name="Fan">{`${number(rpm, 0)} rpm`}</Fact>)}
        <Fact name="Waits for the disk">{measured(pressure?.io ?? null, percent)}</Fact>
        <Fact name="Waits for the CPU">{measured(pressure?.cpu ?? null, percent)}</Fact>
        <Fact name="Waits for memory">{measured(pressure?.memory ?? null, percent)}</Fact>
        <Fact name="Running for">
          {measured(report.uptime_s, (s) =>
            span(s * 1000))}
        </Fact>
      </Facts>
      <p class="muted">
        Waits: the share of the last 10 seconds in which something had to wait (PSI). Above 20 % for
        the disk, the card is what slows this host down.
      </p>
    </Card>
  );
}

/** Voltage, throttling and heat, now and since the boot. */
export function Supply({ report: { power } }: { report: HostReport }): VNode {
  if (power === null) {
    return (
      <Card id="supply" title="Power supply">
        <p class="muted">
          Not measured: only a Raspberry Pi with a detector says whether its supply is strong
          enough.
        </p>
      </Card>
    );
  }
  const word = (value: boolean | null, severity: string) =>
    value === null
      ? <span class="muted">{NOT_MEASURED}</span>
      : value
      ? (
        <span class={`status ${severity}`}>
          <span class="mark" aria-hidden="true">{severity === "warning" ? "▲" : "●"}</span>
          yes
        </span>
      )
      : "no";
  return (
    <Card id="supply" title="Power supply">
      <Table label="Conditions of the supply">
        <thead>
          <tr>
            <th scope="col">Condition</th>
            <th scope="col">Now</th>
            <th scope="col">Since boot</th>
          </tr>
        </thead>
        <tbody>
          {POWER_BITS.map(({ name, title }) => (
            <tr key={name}>
              <th scope="row">{title}</th>
              <td>{word(power[name as "throttled"], "warning")}</td>
              <td>{word(power.since_boot[name as "throttled"], "info")}</td>
            </tr>
          ))}
        </tbody>
      </Table>
    </Card>
  );
}

/** What the card is given a day, by whom, and what that means for its life. */
export function Written({ report, mayChange }: { report: HostReport; mayChange: boolean }): VNode {
  const { writes, disks } = report;
  const perDay = (value: number) => `${bytes(value)} a day`;
  const rest = writes.perch === null || writes.database === null
    ? null
    : Math.max(0, writes.perch - writes.database);
  const worn = disks.find(({ life_used }) => life_used !== null)?.life_used ?? null;
  return (
    <Card id="written" title="Written to the card or disk">
      <Facts>
        <Fact name="Everything">{measured(writes.disk, perDay)}</Fact>
        <Fact name="Usually">{measured(writes.usual, perDay)}</Fact>
        <Fact name="Perch">{measured(writes.perch, perDay)}</Fact>
        <Fact name="– its database">{measured(writes.database, perDay)}</Fact>
        <Fact name="– logs, files, backups">{measured(rest, perDay)}</Fact>
        <Fact name="Lasts">
          {measured(writes.years, (years) =>
            years >= YEARS_MOST
              ? `more than ${YEARS_MOST} years`
              : years < 1
              ? `about ${Math.max(1, Math.round(years * 12))} months`
              : `about ${number(years, years < 10 ? 1 : 0)} years`)}
        </Fact>
        <Fact name="Life used">
          {measured(worn, (share) =>
            `${number(share * 100, 0)} %`)}
        </Fact>
      </Facts>
      <p class="muted">
        {`Of the last 24 hours. How long it lasts is an estimate for a new card that is rated for ` +
          `${exact(writes.rated_tb)} TB and writes ${exact(writes.amplification)} times as much ` +
          `inside as it is given. `}
        SD cards do not say how worn they are; eMMC does.
      </p>
      {mayChange && <More href="/settings">What the card is rated for</More>}
    </Card>
  );
}

export function Network({ report: { network } }: { report: HostReport }): VNode {
  if (network.length === 0) {
    return (
      <Card id="network" title="Network">
        <p class="muted">Not measured.</p>
      </Card>
    );
  }
  const rate = (value: number | null) => measured(value, (perS) => `${bytes(perS)}/s`);
  return (
    <Card id="network" title="Network">
      {network.map((one) => (
        <Facts key={one.name}>
          <Fact name={one.name}>
            {measured(one.up, (up) => up ? "up" : "down")}
            {one.speed_mbit !== null && `, ${number(one.speed_mbit, 0)} Mbit/s`}
            {one.signal_dbm !== null && `, signal ${number(one.signal_dbm, 0)} dBm`}
          </Fact>
          <Fact name="Received">{rate(one.received_bytes_per_s)}</Fact>
          <Fact name="Sent">{rate(one.sent_bytes_per_s)}</Fact>
        </Facts>
      ))}
    </Card>
  );
}

/** Perch itself. */
export function Own(
  { report: { perch }, nowMs, zone }: { report: HostReport; nowMs: number; zone: string },
): VNode {
  return (
    <Card id="perch" title="Perch">
      <Facts>
        <Fact name="CPU">{measured(perch.cpu, (share) => `${percent(share)} of one core`)}</Fact>
        <Fact name="Memory">{measured(perch.resident_bytes, bytes)}</Fact>
        <Fact name="Its own of it">{measured(perch.anonymous_bytes, bytes)}</Fact>
        <Fact name="Open files">
          {measured(perch.open_files, (files) =>
            perch.open_files_most === null
              ? String(files)
              : `${files} of ${number(perch.open_files_most, 0)}`)}
        </Fact>
        <Fact name="Threads">{measured(perch.threads, String)}</Fact>
        <Fact name="Event loop lag">
          {measured(perch.event_loop_lag_ms, (ms) =>
            `${number(ms, 1)} ms`)}
        </Fact>
        <Fact name="Database">{measured(perch.database_bytes, bytes)}</Fact>
        <Fact name="Its log (WAL)">{measured(perch.wal_bytes, bytes)}</Fact>
        <Fact name="Last backup">
          <Ago tMs={perch.backup_ms} nowMs={nowMs} zone={zone} />
        </Fact>
      </Facts>
    </Card>
  );
}
