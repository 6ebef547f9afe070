import type { VNode } from "preact";
import { diffOf } from "../../lib/faults/corrections/diff.ts";
import { KIND_WORDS } from "../../lib/scripts/events.ts";
import { pathOf } from "../../lib/scripts/folder.ts";
import type { VersionRow } from "../../lib/scripts/scripts_store.ts";
import { Diff } from "../frame/diff.tsx";
import { Answer, Crumbs, Fact, Facts, Post } from "../frame/parts.tsx";
import { Exact } from "../frame/times.tsx";
import { hrefOf } from "./list.tsx";

/** A text that a script had. */
export function VersionPage(
  { version, now, zone }: {
    version: VersionRow;
    /** What is on disk; null: nothing. */
    now: { source: string; hash: string } | null;
    zone: string;
  },
): VNode {
  const { kind, name, reason, actor, tMs, hash, source } = version;
  const isNow = now?.hash === hash;
  return (
    <>
      <Crumbs>
        {now === null
          ? `${KIND_WORDS[kind]} ${name}`
          : <a href={hrefOf(version)}>{`${KIND_WORDS[kind]} ${name}`}</a>}
      </Crumbs>
      <Answer>{isNow ? "This text is in place now" : `Version ${version.id}`}</Answer>
      <section class="card" aria-label="About it">
        <Facts>
          <Fact name="When">
            <Exact tMs={tMs} zone={zone} />
          </Fact>
          <Fact name="Why">{reason}</Fact>
          <Fact name="Who">{actor ?? "somebody on the host"}</Fact>
          <Fact name="sha256">
            <code class="long">{hash}</code>
          </Fact>
        </Facts>
      </section>
      {!isNow && now !== null && <Change version={version} now={now.source} />}
      <section class="card" aria-labelledby="version-text">
        <h2 id="version-text">Text</h2>
        <pre tabIndex={0}><code>{source}</code></pre>
      </section>
      {!isNow && (
        <Post
          action={`${hrefOf(version)}/restore`}
          fields={{ version: String(version.id), hash: now?.hash ?? "" }}
        >
          Restore this version
        </Post>
      )}
    </>
  );
}

/** What restoring it would change. */
function Change({ version, now }: { version: VersionRow; now: string }): VNode {
  const file = pathOf(version);
  const diff = diffOf(file, now, version.source);
  return (
    <section class="card" aria-labelledby="version-change">
      <h2 id="version-change">What restoring it changes</h2>
      {diff === null
        ? <p class="said">Too much to show it line by line.</p>
        : <Diff diff={diff} target={file} />}
    </section>
  );
}
