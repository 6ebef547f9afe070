/** What is measured of the host at the moment, card by card. */
import type { ComponentChildren, VNode } from "preact";
import {
  type HostFact,
  machineFacts,
  networkFacts,
  ownFacts,
  ratingWords,
  supplyFacts,
  writtenFacts,
} from "../../lib/health/history/facts.ts";
import type { HostReport } from "../../lib/health/history/report.ts";
import { Fact, Facts, More, Table } from "../frame/parts.tsx";

const NotMeasured = () => <span class="muted">not measured</span>;

function Card(
  { id, title, facts = [], children }: {
    id: string;
    title: string;
    facts?: readonly HostFact[];
    children?: ComponentChildren;
  },
): VNode {
  return (
    <section class="card" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {facts.length > 0 && (
        <Facts>
          {facts.map(([name, text], i) => (
            <Fact key={i} name={name}>{text ?? <NotMeasured />}</Fact>
          ))}
        </Facts>
      )}
      {children}
    </section>
  );
}

/** Processor, memory, disk, heat. */
export function Machine({ report }: { report: HostReport }): VNode {
  return (
    <Card id="machine" title="Machine" facts={machineFacts(report)}>
      <p class="muted">
        Waits: the share of the last 10 seconds in which something had to wait (PSI). Above 20 % for
        the disk, the card is what slows this host down.
      </p>
    </Card>
  );
}

/** Voltage, throttling and heat, now and since the boot. */
export function Supply({ report }: { report: HostReport }): VNode {
  if (report.power === null) {
    return (
      <Card id="supply" title="Power supply">
        <p class="muted">
          Not measured: only a Raspberry Pi with a detector says whether its supply is strong
          enough.
        </p>
      </Card>
    );
  }
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
          {supplyFacts(report).map(({ name, title, now, sinceBoot }) => (
            <tr key={name}>
              <th scope="row">{title}</th>
              <td>{word(now, "warning", "▲")}</td>
              <td>{word(sinceBoot, "info", "●")}</td>
            </tr>
          ))}
        </tbody>
      </Table>
    </Card>
  );
}

function word(value: boolean | null, tone: string, mark: string): ComponentChildren {
  if (value === null) return <NotMeasured />;
  if (!value) return "no";
  return (
    <span class={`status ${tone}`}>
      <span class="mark" aria-hidden="true">{mark}</span>
      yes
    </span>
  );
}

/** What the card is given a day, by whom, and what that means for its life. */
export function Written({ report, mayChange }: { report: HostReport; mayChange: boolean }): VNode {
  return (
    <Card id="written" title="Written to the card or disk" facts={writtenFacts(report)}>
      <p class="muted">
        {`Of the last 24 hours. How long it lasts is an estimate ${ratingWords(report)}. `}
        SD cards do not say how worn they are; eMMC does.
      </p>
      {mayChange && <More href="/settings">What the card is rated for</More>}
    </Card>
  );
}

export function Network({ report }: { report: HostReport }): VNode {
  const facts = networkFacts(report);
  return (
    <Card id="network" title="Network" facts={facts}>
      {facts.length === 0 && <p class="muted">Not measured.</p>}
    </Card>
  );
}

/** Perch itself. */
export function Own({ report }: { report: HostReport }): VNode {
  return <Card id="perch" title="Perch" facts={ownFacts(report)} />;
}
