import type { VNode } from "preact";
import { z } from "zod";
import { kindOf, POLL_KINDS } from "../../lib/sources/polls/kinds/mod.ts";
import { formAction, NOTHING_SENT, type SentForm } from "../frame/form_action.ts";
import { Answer, Chip, Chips, Crumbs } from "../frame/parts.tsx";
import { auditedBy } from "../http/caller.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";
import { besideFields } from "../frame/option_form.tsx";
import { knownKind, ProbeFields, probeOfForm, texts } from "./probe_fields.tsx";
import { PAGE, PLACE, probeHref, type ProbePageParts } from "./probe_parts.tsx";
import { heartbeatAddress } from "./request.ts";

const ADD = `${PAGE}/new`;
const Query = z.object({ kind: z.string().max(40).optional() }).loose();
/** A register map is longer than other forms. */
const FORM_BYTES = 256 * 1024;

/** `/probes/new`: the kind first, then what it needs. For admins. */
export function addProbePages(parts: ProbePageParts): Route[] {
  const draw = (
    { c, who }: RouteContext,
    kind: string | undefined,
    sent: SentForm,
  ) =>
    parts.frame.answer(c, who, {
      title: "Add a probe",
      place: PLACE,
      status: sent.status,
      content: <Content parts={parts} kind={kind} sent={sent} />,
    });
  return [
    route({
      method: "get",
      path: ADD,
      policy: "admin",
      summary: null,
      query: Query,
      handler: (context) => draw(context, context.query.kind, NOTHING_SENT),
    }),
    formAction(
      ADD,
      texts,
      (values, context) =>
        besideFields(async () => {
          const kind = knownKind(values.kind);
          const given = {
            kind: kind.kind,
            machine: values.machine,
            ...await probeOfForm(kind, values),
          };
          const { view, secret } = await parts.polls.add(given, auditedBy(parts.audit, context));
          if (secret === null) return probeHref(view.id);
          return parts.frame.answer(context.c, context.who, {
            title: view.name,
            place: PLACE,
            content: (
              <>
                <Answer>{`${view.name} was added`}</Answer>
                <SecretAddress address={heartbeatAddress(parts, context, secret)} />
                <p>
                  <a href={probeHref(view.id)}>{`Go on to ${view.name}`}</a>
                </p>
              </>
            ),
          });
        }),
      (context, sent) => draw(context, sent.values.kind, sent),
      "admin",
      FORM_BYTES,
    ),
  ];
}

/** Shown once. */
export function SecretAddress({ address }: { address: string }): VNode {
  return (
    <section class="card attention probe-address" aria-labelledby="address">
      <h2 id="address">Its address, shown this once</h2>
      <pre tabIndex={0}><code>{address}</code></pre>
      <p>
        The job calls it when it has done its work, such as{" "}
        <code>{`curl -fsS -m 10 ${address}`}</code>. With <code>?status=down&amp;msg=why</code>{" "}
        it says that it failed. Whoever knows the address can report.
      </p>
    </section>
  );
}

function Content(
  { parts, kind: chosen, sent }: {
    parts: ProbePageParts;
    kind?: string;
    sent: SentForm;
  },
): VNode {
  const kind = chosen === undefined ? null : kindOf(chosen);
  const missing = kind === null ? null : parts.missingKind(kind);
  return (
    <>
      <Crumbs>
        <a href={PAGE}>Probes</a>
      </Crumbs>
      <Answer>{kind === null ? "What is to be probed?" : `Add: ${kind.title}`}</Answer>
      {kind === null
        ? (
          <ul class="card camera-kinds">
            {POLL_KINDS.map(({ kind, title, about }) => (
              <li key={kind}>
                <a href={`${ADD}?kind=${kind}`}>{title}</a>
                <p class="muted">{about}</p>
              </li>
            ))}
          </ul>
        )
        : (
          <Chips label="Kinds of probes">
            {POLL_KINDS.map((one) => (
              <Chip key={one.kind} href={`${ADD}?kind=${one.kind}`} on={one === kind}>
                {one.title}
              </Chip>
            ))}
          </Chips>
        )}
      {kind !== null && (
        <section class="card" aria-label={kind.title}>
          <p>{kind.about}</p>
          {missing !== null
            ? <p class="error">{missing}</p>
            : (
              <form method="post" action={ADD} class="camera-settings">
                <input type="hidden" name="kind" value={kind.kind} />
                <ProbeFields kind={kind} stored={null} values={sent.values} errors={sent.errors} />
                <button type="submit" class="primary">Add</button>
              </form>
            )}
        </section>
      )}
    </>
  );
}
